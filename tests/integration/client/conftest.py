"""The server that answers as a test tells it."""

from tests.integration.cli.conftest import server

__all__ = ["server"]
