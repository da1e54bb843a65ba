"""Numbers without gaps, per profile and segment."""

from sqlalchemy import Connection

from octy.store import webhook_sequences as sequences


def test_each_pair_counts_from_1_without_gaps(writer: Connection) -> None:
    assert sequences.take(writer, [(1, 5), (1, 6), (1, 5), (2, 5)]) == [1, 1, 2, 1]
    assert sequences.take(writer, [(2, 5), (1, 5)]) == [2, 3]
    assert sequences.take(writer, []) == []


def test_many_pairs_at_once(writer: Connection) -> None:
    pairs = [(segment, profile) for segment in range(3) for profile in range(1_000)]
    assert sequences.take(writer, pairs) == [1] * 3_000
    assert sequences.take(writer, pairs[::-1]) == [2] * 3_000


def test_a_deleted_profile_and_a_segment_that_is_gone_leave_nothing(writer: Connection) -> None:
    sequences.take(writer, [(1, 5), (2, 5), (1, 6), (3, 5)])
    sequences.forget_profiles(writer, [1, 2], [5])
    sequences.forget_segment(writer, 3)
    assert [tuple(row) for row in writer.exec_driver_sql("SELECT * FROM webhook_sequences")] == [(1, 6, 1)]
