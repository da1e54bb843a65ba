"""How does a request's body become a handler's `data`? Litestar hands the bytes to a `Body`, which reads them our way.

A DTO in Litestar's sense: its extension point for whoever decodes by himself. The OpenAPI document shows `wire_type`;
the handler gets what `read` makes of the bytes.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from typing import Any, ClassVar, TypeVar, cast

import msgspec
from litestar._openapi.schema_generation import SchemaCreator
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.exceptions import HTTPException
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from octy.http.decoding import check_keys, check_lists, check_utf8, decoded, may_hold_strange_text
from octy.http.requests import OctyRequest
from octy.http.wording import UNEXPECTED_FORM, body_problem
from octy.model.errors import Refused

T = TypeVar("T")


class UnsupportedMediaType(HTTPException):
    """The body says of itself that it is no plain JSON."""

    status_code = 415


class Body(AbstractDTO[Any]):
    """Reads a body of one kind; its subclasses are made by `body`."""

    wire_type: ClassVar[Any]
    read: ClassVar[Callable[[bytes], Any]]

    def decode_bytes(self, value: bytes) -> object:
        """The handler's `data`."""
        data = read_json(self.asgi_connection.scope["headers"], value, type(self).read)
        cast("OctyRequest", self.asgi_connection).let_body_go(value)
        return data

    @classmethod
    def create_for_field_definition(cls, *_: object, **__: object) -> None:
        """Litestar's own decoding, of which nothing is used."""

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: FieldDefinition,  # noqa: ARG003 - the name by which Litestar passes it
        handler_id: str,  # noqa: ARG003
        schema_creator: SchemaCreator,
    ) -> Reference | Schema:
        """The schema of the wire type."""
        return schema_creator.for_field_definition(FieldDefinition.from_annotation(cls.wire_type))

    @classmethod
    def generate_field_definitions(cls, _: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        """None: nothing is renamed or left out."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, _: FieldDefinition) -> bool:
        """Never: see `generate_field_definitions`."""
        return False


def body(wire_type: object, read: Callable[[bytes], Any]) -> type[Body]:
    """The DTO of a handler whose `data` is what `read` makes of the body, which is documented as `wire_type`."""
    return type("Body", (Body,), {"wire_type": wire_type, "read": staticmethod(read)})


def typed(wire_type: type[T]) -> type[Body]:
    """The DTO of a handler whose `data` is one object of the wire type."""
    return body(wire_type, reader(wire_type))


def reader(wire_type: type[T], plain: type[T] | None = None) -> Callable[[bytes], T]:
    """What makes one object of the wire type of a body. Refused where the body is not of the type.

    `plain` is a stricter type, tried first, for bodies that hold no strange text.
    """
    decoder = msgspec.json.Decoder(wire_type)
    plain_decoder = None if plain is None else msgspec.json.Decoder(plain)

    def read(sent: bytes) -> T:
        if plain_decoder is not None and not may_hold_strange_text(sent):
            with suppress(msgspec.ValidationError):
                return decoded(plain_decoder, sent)
        try:
            return decoded(decoder, sent)
        except msgspec.ValidationError as error:
            raise Refused(UNEXPECTED_FORM, [body_problem(error, sent)]) from None

    def checked(sent: bytes) -> T:
        found = read(sent)
        check_keys(sent)
        return found

    return checked


def read_json(headers: Iterable[tuple[bytes, bytes]], sent: bytes, read: Callable[[bytes], T]) -> T:
    """What `read` makes of a body that says of itself that it is JSON, and is text."""
    _check_headers(headers)
    check_utf8(sent)
    check_lists(sent)
    return read(sent)


UNDECLARED = (b"", b"application/x-www-form-urlencoded")
"""What `curl -d` says of any body, whatever is in it: no form is ever expected here, so it is read as JSON."""


def _check_headers(headers: Iterable[tuple[bytes, bytes]]) -> None:
    for name, value in headers:
        if name == b"content-type":
            media_type = value.partition(b";")[0].strip().lower()
            if media_type not in UNDECLARED and media_type != b"application/json" and not media_type.endswith(b"+json"):
                raise UnsupportedMediaType("The body must be JSON: Content-Type: application/json.")
        elif name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise UnsupportedMediaType("The body must be plain, without a Content-Encoding.")
