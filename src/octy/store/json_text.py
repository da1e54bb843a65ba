"""JSON in text columns: written and read by msgspec, and otherwise a text like any other to the database."""

import msgspec

from octy.model.values import Scalar

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_decode_scalars = msgspec.json.Decoder(dict[str, Scalar]).decode
_decode_names = msgspec.json.Decoder(tuple[str, ...]).decode


def to_text(value: object) -> str:
    """The value as JSON."""
    return _encode(value).decode()


def to_object(text: str) -> object:
    """Whatever the text says."""
    value: object = _decode(text)
    return value


def to_scalars(text: str) -> dict[str, Scalar]:
    """An object of scalars (E6)."""
    return _decode_scalars(text)


def to_names(text: str) -> tuple[str, ...]:
    """An array of texts."""
    return _decode_names(text)
