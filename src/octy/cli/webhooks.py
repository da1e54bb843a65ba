"""`octy-cli webhooks …`: what are webhooks signed with?"""

import msgspec

from octy.cli.answers import RotationAnswer, SecretsAnswer
from octy.cli.output import say
from octy.cli.transport import Server


def show_secrets(server: Server) -> bool:
    """A line for each secret that is valid now, the present one first."""
    for one in server.get("/v1/webhooks/secrets", SecretsAnswer).webhook_secrets:
        until = f"valid until {one.expires_at}" if one.expires_at else "the present one"
        say(f"{one.secret}  {until}")
    return True


def rotate_secret(server: Server, overlap_hours: int) -> bool:
    """Replaces the secret, and shows what is valid then."""
    body = msgspec.json.encode({"overlap_hours": overlap_hours})
    server.post("/v1/webhooks/secrets/rotate", body, RotationAnswer)
    return show_secrets(server)
