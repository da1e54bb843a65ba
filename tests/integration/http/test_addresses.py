"""What is served is what the OpenAPI document says: there is no address for those who made the server, and no debugging."""

from tests.integration.http.world import World

ABOUT_ITSELF = {"/docs", "/docs/openapi.json"}


def test_nothing_is_served_that_is_not_documented(world: World) -> None:
    documented = world.client.get("/docs/openapi.json").json()["paths"]
    served = {route.path_format for route in world.app.routes}
    assert {path.rstrip("/") for path in served} - {path.rstrip("/") for path in documented} == ABOUT_ITSELF
    assert world.app.debug is False
