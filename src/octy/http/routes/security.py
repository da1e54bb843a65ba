"""Whom to tell of a weakness: the file of RFC 9116, where the operator has named somebody. It needs no keys."""

from datetime import UTC, datetime, timedelta

from litestar import Response, Router, get

VALID_DAYS = 30
"""For how long who has read it may rely on it; whoever asks later reads another."""


def router(contact: str) -> Router:
    """The route of this module; `contact` is a URI."""

    @get("/.well-known/security.txt", media_type="text/plain", include_in_schema=False)
    async def show_security_contact() -> Response[str]:
        """Whom, and until when that is so; by the machine's clock, which a sandbox's is not."""
        expires = datetime.now(UTC) + timedelta(days=VALID_DAYS)
        return Response(f"Contact: {contact}\nExpires: {expires:%Y-%m-%dT%H:%M:%SZ}\n")

    return Router("/", route_handlers=[show_security_contact])
