"""A folder that a crash has left: Octy is started on it, and what was acknowledged by then must be there."""

from collections.abc import Iterable
from pathlib import Path

from octy.model.clock import ManualClock
from octy.service.checking.check import check_folder
from octy.service.octy import Octy
from octy.store.folder import open_store
from tests.crash.invariants import check_effects, check_events
from tests.crash.story import Acknowledged
from tests.logs import opened


def check_aftermath(folder: Path, acknowledged: Iterable[Acknowledged], sent: Iterable[str]) -> None:
    """Raises where anything is lost, doubled, invented or half done. `sent` are the events' message ids."""
    octy = Octy(open_store(folder), ManualClock(0))
    octy.start()
    octy.stop()
    findings = check_folder(folder, lambda _: None)
    assert findings.is_clean, "\n".join(map(str, findings.differences))
    known: dict[str, set[str]] = {}
    for one in acknowledged:
        known.setdefault(one.what, set()).add(one.which)
    with opened(folder) as connection:
        profiles = {profile_id for (profile_id,) in connection.execute("SELECT profile_id FROM store.profiles")}
        assert not profiles & known.get("erased", set())
        kept = {number for number in known.get("event", set()) if number.split()[0] in profiles}
        forgotten = known.get("event", set()) - kept
        assert len({number.split()[0] for number in forgotten}) <= 1, "acknowledged profiles are lost"
        check_events(connection, kept, set(sent))
        check_effects(connection)
        segments = dict(connection.execute("SELECT segment_id, status FROM store.segments"))
        lost = known.get("segment", set()) - segments.keys()
        assert not lost, "acknowledged segments are lost"
        assert all(segments[one] == "pending deletion" for one in known.get("deleted segment", set()))
        webhooks = {webhook_id for (webhook_id,) in connection.execute("SELECT webhook_id FROM store.outbox")}
        if len(profiles) == 3:
            assert known.get("webhook", set()) <= webhooks, "webhooks that arrived are forgotten"
