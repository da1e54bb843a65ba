"""Many events as columns are the same as one after the other."""

from octy.model.events import EventInstance, EventInstances


def test_columns_are_a_sequence_of_events() -> None:
    one = EventInstance("e1", "t1", "view", "ana", {"page": "/"}, 5, False)
    two = EventInstance("e2", "t2", "pay", "bob", None, 7, True)
    both = EventInstances(
        ["e1", "e2"],
        ["t1", "t2"],
        ["view", "pay"],
        ["ana", "bob"],
        b'{"page":"/"}\nnull\n',
        [5, 7],
        [False, True],
    )
    assert len(both) == 2
    assert list(both) == [one, two]
    assert both[-1] == two
    assert both[:1] == [one]
    assert both[::-1] == [two, one]
