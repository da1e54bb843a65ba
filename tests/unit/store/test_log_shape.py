"""Is a log's order that of its rows, however they come?"""

from hypothesis import given
from hypothesis import strategies as st

from octy.store.log_shape import CHANGES, EVENTS

I32, I64 = 2**31 - 1, 2**63 - 1
EDGES = st.integers(0, 2) | st.integers(0, I32)
INSTANTS = st.integers(-2, 2) | st.integers(-I64 - 1, I64)


@given(st.lists(st.tuples(EDGES, INSTANTS), max_size=12), st.data())
def test_events_are_ordered_by_profile_then_instant_then_number(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    # T2
    seqs = data.draw(st.permutations(range(len(rows))))
    columns = dict.fromkeys(EVENTS.types, [0] * len(rows)) | {
        "seq": seqs,
        "profile_key": [profile for profile, _ in rows],
        "created_us": [instant for _, instant in rows],
    }
    order = EVENTS.order(EVENTS.columns(columns)).tolist()
    assert order == sorted(range(len(rows)), key=lambda row: (*rows[row], seqs[row]))


@given(st.lists(EDGES, max_size=12))
def test_changes_are_ordered_by_profile_then_number(profiles: list[int]) -> None:
    columns = dict.fromkeys(CHANGES.types, [0] * len(profiles)) | {
        "change_id": list(range(len(profiles))),
        "profile_key": profiles,
    }
    order = CHANGES.order(CHANGES.columns(columns)).tolist()
    assert order == sorted(range(len(profiles)), key=lambda row: (profiles[row], row))
