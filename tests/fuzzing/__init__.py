"""Whatever may be sent to the door: what the OpenAPI document allows and forbids, and bytes that nobody would send."""
