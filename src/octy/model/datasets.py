"""What is asked of a training dataset: instants, what is known at each, a label; judged before anything is made."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from octy.model import limits
from octy.model.durations import DURATION_FORM, parse_duration
from octy.model.errors import Problem, Refused
from octy.model.events import CHARGED
from octy.model.instants import CREATED_AT_FORM, iso, parse_instant
from octy.model.values import shown

CHURN = "churn"
LABEL_FORM = "churn:DURATION or churn:DURATION:EVENT_TYPE, such as churn:30d"
EACH_INSTANT = "as_of"
"""As `as_known_at`: what had been received by each instant itself."""

PROFILE, PLATFORM, TAG = "profile.", "platform.", "tag."
"""What the names of a dataset's columns begin with."""
METADATA = b"octy.dataset"
"""The key of a file's metadata under which it says what it is."""
HELD, ENTRIES = ".held_days", ".entries"
"""What those of a tag end with."""


class DatasetRequest(Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """As it is sent: texts, not judged yet."""

    as_of: str | None = None
    every: str | None = None
    from_: str | None = None
    to: str | None = None
    label: str | None = None
    as_known_at: str | None = None
    value: str | None = None
    strict: bool = False


class ChurnLabel(Struct, frozen=True):
    """Whether no event of a type happens in (instant, instant + horizon]."""

    horizon_us: int
    event_type: str = CHARGED


class DatasetQuestion(Struct, frozen=True):
    """What is asked, in numbers. Instants in microseconds."""

    instants_us: tuple[int, ...]
    """Ascending."""
    label: ChurnLabel | None
    known_at_each: bool
    """Whether only what had been received by each instant counts there."""
    known_us: int | None
    """Or what had been received by this one."""
    value: str | None
    """The property of the asked events whose numbers are summed."""
    now_us: int
    """When it was asked."""

    @property
    def is_of_now(self) -> bool:
        """Whether every row tells of the instant at which it was asked."""
        return self.instants_us == (self.now_us,)

    @property
    def asked_type(self) -> str:
        """The event type that is counted by itself."""
        return CHARGED if self.label is None else self.label.event_type

    @property
    def known_at_us(self) -> tuple[int, ...] | None:
        """For each instant, by when an event must have been received to count; None where all do."""
        if self.known_at_each:
            return self.instants_us
        return None if self.known_us is None else (self.known_us,) * len(self.instants_us)


def question_of(request: DatasetRequest, now_us: int) -> DatasetQuestion:
    """Refused with all that is wrong with the request."""
    problems: list[Problem] = []
    instants_us = _instants(request, now_us, problems)
    label = None if request.label is None else _label(request.label, problems)
    known_us = None
    if request.as_known_at not in (None, EACH_INSTANT):
        known_us = _instant(request.as_known_at or "", "as_known_at", now_us, problems, f" or {shown(EACH_INSTANT)}")
    if problems:
        raise Refused("The dataset cannot be made.", problems)
    return DatasetQuestion(
        instants_us=instants_us,
        label=label,
        known_at_each=request.as_known_at == EACH_INSTANT,
        known_us=known_us,
        value=request.value,
        now_us=now_us,
    )


def _instants(request: DatasetRequest, now_us: int, problems: list[Problem]) -> tuple[int, ...]:
    """Ascending; empty where there is a problem."""
    if request.as_of is not None:
        others = {"every": request.every, "from": request.from_, "to": request.to}
        problems += [
            Problem(name, shown(text), "nothing beside as_of") for name, text in others.items() if text is not None
        ]
        at_us = _instant(request.as_of, "as_of", now_us, problems)
        return () if at_us is None else (at_us,)
    if request.every is None and request.from_ is None and request.to is None:
        return (now_us,)
    every_us = _duration(request.every, problems)
    from_us = _instant(request.from_ or "", "from", now_us, problems)
    to_us = now_us if request.to is None else _instant(request.to, "to", now_us, problems)
    if every_us is None or from_us is None or to_us is None:
        return ()
    if from_us > to_us:
        problems.append(Problem("from", iso(from_us), f"an instant at or before {iso(to_us)}"))
    count = (to_us - from_us) // every_us + 1
    if count > limits.DATASET_INSTANTS_MAX:
        wanted = f"at most {limits.DATASET_INSTANTS_MAX:,} instants"
        problems.append(Problem("every", f"{count:,} instants", wanted))
        return ()
    return tuple(range(from_us, to_us + 1, every_us))


def _instant(text: str, name: str, now_us: int, problems: list[Problem], more: str = "") -> int | None:
    try:
        at_us = parse_instant(text)
    except ValueError:
        problems.append(Problem(name, shown(text) if text else "nothing", CREATED_AT_FORM + more))
        return None
    if at_us > now_us:
        problems.append(Problem(name, iso(at_us), f"an instant that has come: at most {iso(now_us)}"))
        return None
    return at_us


def _duration(text: str | None, problems: list[Problem]) -> int | None:
    try:
        return parse_duration(text or "")
    except ValueError:
        problems.append(Problem("every", shown(text) if text else "nothing", DURATION_FORM))
        return None


def _label(text: str, problems: list[Problem]) -> ChurnLabel | None:
    kind, _, rest = text.partition(":")
    horizon, colon, event_type = rest.partition(":")
    try:
        if kind != CHURN or (colon and not event_type):
            raise ValueError(text)
        return ChurnLabel(parse_duration(horizon), event_type or CHARGED)
    except ValueError:
        problems.append(Problem("label", shown(text), LABEL_FORM))
        return None


def colliding_names(names: Sequence[str]) -> Iterator[Problem]:
    """Segments of which two would make a column of one name."""
    for name in names:
        for suffix in (HELD, ENTRIES):
            if name.endswith(suffix) and name.removesuffix(suffix) in names:
                wanted = f"no segment {shown(name.removesuffix(suffix))} beside it: both make the column {TAG}{name}"
                yield Problem("segments", shown(name), wanted)
