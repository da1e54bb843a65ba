"""What became of a batch's objects: which failed is known for as long as it may have to be answered."""

from octy.http.batches import BatchReader
from octy.model.outcomes import Failure, Outcome

READ = BatchReader[str, str]("ids", str, 500).read


def test_a_batch_that_is_done_again_may_fail_elsewhere() -> None:
    """An answer that is stored is made before its commit, which may fail; the request is then tried alone."""
    sent = READ(b'{"ids":["a",1,"b"]}')
    assert sent.with_unread(Outcome(["a", "b"], [])).failed[0].index == 1
    outcome: Outcome[str] = Outcome(["a"], [Failure(1, "gone")])
    assert [failure.index for failure in sent.with_unread(outcome).failed] == [1, 2]
    assert sent.fields(2).whole_text() == "b"
    sent.settled(outcome)
    assert sent.drafts == []
    assert [failure.index for failure in sent.with_unread(outcome).failed] == [1, 2]
    assert [sent.fields(index).whole_text() for index in (1, 2)] == ["1", "b"]
