"""A trace is read from the header and told in it as W3C's Trace Context says; what is recorded is a share of all."""

import random

import pytest

from octy.model.tracing import new_trace, trace_of

ID, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("header", "is_recorded"),
    [
        (f"00-{ID}-{SPAN}-01", True),
        (f"00-{ID}-{SPAN}-00", False),
        (f"00-{ID}-{SPAN}-ff", True),
        (f"00-{ID}-{SPAN}-10", False),
        (f"cc-{ID}-{SPAN}-01-what will be", True),
    ],
)
def test_a_header_names_the_trace_and_who_calls(header: str, is_recorded: bool) -> None:
    trace = trace_of(header.encode())
    assert trace is not None
    assert (trace.id, trace.caller, trace.is_recorded) == (ID, SPAN, is_recorded)
    called = trace.called()
    assert (called.id, called.flags, called.caller) == (ID, trace.flags, trace.span)
    assert called.span != trace.span
    assert trace.traceparent == f"00-{ID}-{trace.span}-{header.split('-')[3]}"
    again = trace_of(trace.traceparent.encode())
    assert again is not None
    assert again.caller == trace.span


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"ff-{ID}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{ID}-{'0' * 16}-01",
        f"00-{ID.upper()}-{SPAN}-01",
        f"00-{ID}-{SPAN}-01x",
        f"x00-{ID}-{SPAN}-01",
        f"00-{ID[1:]}-{SPAN}-01",
    ],
)
def test_what_is_no_header_of_a_trace_is_none(header: str) -> None:
    assert trace_of(header.encode()) is None


def test_a_trace_that_begins_here_has_no_caller_and_ids_of_its_own() -> None:
    traces = [new_trace() for _ in range(200)]
    assert len({trace.id for trace in traces}) == len({trace.span for trace in traces}) == 200
    for trace in traces:
        assert (trace.caller, trace.is_recorded) == ("", False)
        assert trace_of(trace.traceparent.encode()) is not None


def test_no_id_is_all_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "getrandbits", lambda _: 0)
    assert new_trace().traceparent == f"00-{'0' * 31}1-{'0' * 15}1-00"


@pytest.mark.parametrize(("share", "drawn", "is_recorded"), [(0.25, 0.2, True), (0.25, 0.25, False), (0, 0, False)])
def test_a_share_of_all_is_recorded(
    share: float, drawn: float, is_recorded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "random", lambda: drawn)
    assert new_trace(share).is_recorded is is_recorded
