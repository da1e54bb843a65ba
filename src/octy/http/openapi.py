"""What does the OpenAPI document say beyond the routes' types? How every request authorizes, repeats and fails.

It is made when somebody asks for it: that takes a fifth of a second, for which no start should wait.
"""

from dataclasses import fields
from typing import Any

from litestar import MediaType, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    Reference,
    Schema,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIType

from octy import __version__
from octy.http.docs_page import DocsPage
from octy.http.narrowing import narrow_parameters, narrow_schemas
from octy.model import limits

KEYS = "keys"
"""The name of the security scheme."""

_ABOUT = "Keeps every customer in exactly the right segments, the moment it becomes true."
_KEYS_ABOUT = (
    "The account's public key as user name and its secret key as password. The bare base64(public_key:secret_key), "
    "without `Basic`, is taken as well."
)
_KEY_ABOUT = (
    "A key of the sender's choice. A repeat of the same request within 24 hours gets the first answer and changes "
    "nothing; the same key with another body is refused (422)."
)


class _JsonDocument(JsonRenderPlugin):
    """The document itself; its router has nothing else in it."""

    def receive_router(self, router: Router) -> None:
        """Takes Litestar's own page for unknown paths away: they are answered in the error shape, as everywhere."""
        router.routes[:] = [route for route in router.routes if not route.path_parameters]


class _Document(OpenAPI):
    """The document, completed as it is written down, which Litestar has done once."""

    def to_schema(self) -> dict[str, Any]:
        """As JSON has it."""
        _complete_document(self)
        return super().to_schema()


class _Config(OpenAPIConfig):
    """Litestar's, for such a document."""

    def to_openapi_schema(self) -> OpenAPI:
        """The document without its paths."""
        bare = super().to_openapi_schema()
        return _Document(**{field.name: getattr(bare, field.name) for field in fields(bare)})


def openapi_config() -> OpenAPIConfig:
    """Serves the document at /openapi.json and a page for people at /docs and /."""
    return _Config(
        title="Octy segmentation",
        version=__version__,
        description=_ABOUT,
        path="/",
        use_handler_docstrings=True,
        render_plugins=[DocsPage(path=["/docs", "/"]), _JsonDocument(media_type=MediaType.JSON)],
        components=Components(
            security_schemes={KEYS: SecurityScheme(type="http", scheme="basic", description=_KEYS_ABOUT)}
        ),
    )


def _complete_document(document: OpenAPI) -> None:
    """Adds to each operation what is true of all: the error shape, and the key that makes a change repeatable."""
    for path in (document.paths or {}).values():
        for operation in (path.get, path.post):
            if operation is not None:
                _complete(operation, repeatable=operation is path.post and "Sandbox" not in (operation.tags or ()))
    schemas = document.components.schemas or {}
    for schema in schemas.values():
        _loosen(schema)
    narrow_schemas(schemas)


def _complete(operation: Operation, *, repeatable: bool) -> None:
    own = operation.responses or {}
    told = {status: answer for status, answer in own.items() if status < "400" or status == "503"}
    operation.responses = told | {"default": _error()}
    narrow_parameters(operation)
    if repeatable:
        operation.parameters = [*(operation.parameters or []), _idempotency_key()]


def _loosen(schema: object) -> None:
    """Every `oneOf` becomes an `anyOf`: 5 is an integer and a number, and no less a scalar for that."""
    if not isinstance(schema, Schema):
        return
    if schema.one_of:
        schema.any_of, schema.one_of = schema.one_of, None
    for inner in [*(schema.any_of or ()), *(schema.properties or {}).values(), schema.items]:
        _loosen(inner)
    _loosen(schema.additional_properties)


def _error() -> OpenAPIResponse:
    schema = Reference(ref="#/components/schemas/ErrorAnswer")
    return OpenAPIResponse(
        description="Anything else: what is wrong, in one shape.",
        content={"application/json": OpenAPIMediaType(schema)},
    )


def _idempotency_key() -> Parameter:
    return Parameter(
        name="Idempotency-Key",
        param_in="header",
        required=False,
        description=_KEY_ABOUT,
        schema=Schema(type=OpenAPIType.STRING, min_length=1, max_length=limits.IDEMPOTENCY_KEY_CHARACTERS_MAX),
    )
