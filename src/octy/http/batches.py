"""Which objects of a request can be read at all? One bad object never voids the others (wire.md 1.2).

A body is decoded at once, straight into drafts. Only if that fails is it taken apart, to find the objects that do not
fit; the others go on, and the answer tells of both under the objects' own places in the request.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from octy.http.decoding import check_keys, decoded, may_hold_strange_text, without_lone_surrogates
from octy.http.repeated_keys import repeated_key
from octy.http.wording import UNEXPECTED_FORM, body_problem
from octy.model.errors import Refused
from octy.model.outcomes import Failure, Outcome

W = TypeVar("W")
D = TypeVar("D")
T = TypeVar("T")

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_decode_any = msgspec.json.Decoder()


LARGE_BYTES = 1_000_000
"""A body of more is decoded object by object: a batch of 500 usual events holds a tenth of it."""
_NUL = rb"\u0000"


class Unread(Struct, frozen=True):
    """An object that could not be read, and why."""

    failure: Failure
    json: msgspec.Raw


class Sent(Generic[D]):
    """The objects of one request: drafts of those that could be read, failures of those that could not.

    Nothing of it refers to the body, which may be large and wait for long.
    """

    def __init__(self, drafts: list[D], places: Sequence[int], unread: Sequence[Unread]) -> None:
        """`places` are the drafts' in the request; they rise."""
        self.drafts = drafts
        self._places = places
        self._unread = [one.failure for one in unread]
        self._fields = {one.failure.index: Fields(one.json) for one in unread}

    @property
    def unread_count(self) -> int:
        """How many could not be read."""
        return len(self._unread)

    def with_unread(self, outcome: Outcome[T]) -> Outcome[T]:
        """What became of the whole request, given what became of the drafts."""
        self._note(outcome)
        if not outcome.failed and not self._unread:
            return outcome
        of_drafts = [Failure(self._places[failure.index], failure.message) for failure in outcome.failed]
        failed = sorted([*of_drafts, *self._unread], key=lambda failure: failure.index)
        return Outcome(outcome.done, failed)

    def settled(self, outcome: Outcome[T]) -> None:
        """It is durable: the drafts are let go, but for those that failed, for the answer takes memory too."""
        self._note(outcome)
        self.drafts = []

    def _note(self, outcome: Outcome[T]) -> None:
        """Which drafts failed; another time, where the whole had to be done again, it may be others."""
        if self.drafts:
            failed = {self._places[one.index]: Fields(self.drafts[one.index]) for one in outcome.failed}
            self._fields.update(failed)

    def fields(self, index: int) -> "Fields":
        """What the object that failed at `index` said of itself; to tell its sender which one it was."""
        return self._fields[index]


class Fields:
    """The fields of one object that was not accepted. Any of them may be missing or of any type."""

    def __init__(self, whole: object) -> None:
        """`whole` is a draft, or JSON as `msgspec.Raw`, of which no more is decoded than somebody asks for."""
        self._whole = whole
        self._fields: Mapping[str, object] = {}
        if isinstance(whole, Struct):
            self._fields = msgspec.structs.asdict(whole)
        elif isinstance(whole, msgspec.Raw):
            with suppress(msgspec.DecodeError, RecursionError):
                self._fields = _decode_fields.decode(whole)

    def text(self, field: str) -> str:
        """The field if it is text or an integer, else the empty string."""
        return _text(self.value(field))

    def whole_text(self) -> str:
        """The object itself, where objects are plain ids."""
        return _text(_value(self._whole))

    def value(self, field: str) -> object:
        """The field, or None."""
        return _value(self._fields.get(field))


class BatchReader(Generic[W, D]):
    """Reads bodies of the form `{"<field>": [<object>, ...]}` with 1 to `objects_max` objects."""

    def __init__(
        self,
        field: str,
        element: type[W],
        objects_max: int,
        draft_of: Callable[[W], D] | None = None,
        plain: type[W] | None = None,
        pack: Callable[[W], None] | None = None,
    ) -> None:
        """`draft_of` makes a draft of a decoded object, and may refuse it; without it, W is D.

        `plain` is a stricter type of elements, tried first, for bodies that hold no strange text. `pack` makes each of
        them small, where a body is so large that there must never be all of them as they are decoded.
        """
        self._field = field
        self._objects_max = objects_max
        self._draft_of = draft_of
        self._element = msgspec.json.Decoder(element)
        self._all = msgspec.json.Decoder(_envelope(field, element))
        self._plain = None if plain is None else msgspec.json.Decoder(_envelope(field, plain))
        self._plain_element = msgspec.json.Decoder(plain or element)
        self._pack = pack
        self._apart = msgspec.json.Decoder(_envelope(field, msgspec.Raw))

    def read(self, body: bytes) -> Sent[D]:
        """The objects of a body; Refused where it is not of the form."""
        is_strange = may_hold_strange_text(body)
        mended = without_lone_surrogates(body) if is_strange else None
        sent = mended or body
        if self._pack is not None and len(body) > LARGE_BYTES:
            return self._read_large(sent, body, self._pack)
        objects = None if is_strange and (mended or _NUL in body) else self._plain_objects(sent)
        if objects is None:
            try:
                objects = getattr(decoded(self._all, sent), self._field)
            except msgspec.ValidationError:
                return self._read_apart(sent, body)
        if repeated_key(body) is not None:
            return self._read_apart(sent, body)
        self._check_count(objects)
        if self._draft_of is None:
            return Sent(objects, range(len(objects)), [])
        return self._sent(sent, objects, lambda one: one)

    def _plain_objects(self, body: bytes) -> list[Any] | None:
        """The objects, if all are of the plain type."""
        if self._plain is None:
            return None
        try:
            objects: list[Any] = getattr(decoded(self._plain, body), self._field)
        except msgspec.ValidationError:
            return None
        return objects

    def _read_apart(self, sent: bytes, body: bytes) -> Sent[D]:
        """`sent` is the body without halves of characters, of which two different ones look the same in it."""
        raws = self._raws(sent)
        self._check_envelope(sent, body)
        self._check_count(raws)
        return self._sent(sent, raws, self._read_one)

    def _read_large(self, sent: bytes, body: bytes, pack: Callable[[W], None]) -> Sent[D]:
        """One by one, so that there are never all of them as they are decoded."""
        raws = self._raws(sent)
        repeats = repeated_key(body) is not None
        if repeats:
            self._check_envelope(sent, body)
        self._check_count(raws)

        def read(raw: msgspec.Raw) -> W:
            one = self._read_plain(raw) or decoded(self._element, raw)
            if repeats:
                check_keys(raw)
            pack(one)
            return one

        return self._sent(sent, raws, read)

    def _check_envelope(self, sent: bytes, body: bytes) -> None:
        """Refused where a key is given twice by the body itself, or in a field that nobody reads."""
        check_keys(body, depth_max=1)
        others = {name: raw for name, raw in decoded(_decode_fields, sent).items() if name != self._field}
        check_keys(msgspec.json.encode(others))

    def _read_one(self, raw: msgspec.Raw) -> W:
        one = decoded(self._element, raw)
        check_keys(raw)
        return one

    def _read_plain(self, raw: msgspec.Raw) -> W | None:
        """The object, if it is of the plain type."""
        if _NUL in bytes(raw):
            return None
        try:
            return self._plain_element.decode(raw)
        except msgspec.ValidationError:
            return None

    def _sent(self, sent: bytes, objects: Sequence[Any], read: Callable[[Any], Any]) -> Sent[D]:
        drafts: list[D] = []
        places: list[int] = []
        failed: list[Failure] = []
        for index, one in enumerate(objects):
            try:
                wire = read(one)
                drafts.append(wire if self._draft_of is None else self._draft_of(wire))
            except msgspec.ValidationError as error:  # of what is read apart
                failed.append(Failure(index, str(body_problem(error, bytes(one)))))
            except Refused as refused:
                failed.append(Failure(index, "; ".join(refused.messages)))
            else:
                places.append(index)
        raws = self._raws(sent) if failed else []
        return Sent(drafts, places, [Unread(failure, raws[failure.index].copy()) for failure in failed])

    def _raws(self, body: bytes) -> Sequence[msgspec.Raw]:
        try:
            raws: Sequence[msgspec.Raw] = getattr(decoded(self._apart, body), self._field)
        except msgspec.ValidationError as error:
            raise Refused(UNEXPECTED_FORM, [body_problem(error, body)]) from None
        return raws

    def _check_count(self, objects: Sequence[object]) -> None:
        if not 1 <= len(objects) <= self._objects_max:
            raise Refused(f"A request holds 1 to {self._objects_max} {self._field}; this one holds {len(objects)}.")


def _envelope(field: str, element: object) -> type[msgspec.Struct]:
    return msgspec.defstruct("Envelope", [(field, list[element])])  # type: ignore[valid-type]


def _value(value: object) -> object:
    """What a piece of JSON says, None where that is nothing; anything else as it is."""
    if not isinstance(value, msgspec.Raw):
        return value
    try:
        return _decode_any.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(value) if type(value) is int else ""
