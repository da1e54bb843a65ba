"""The service with its real store and engine: what a request does, what time does, what a restart leaves."""
