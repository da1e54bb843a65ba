"""What must hold of a data folder whatever was done to its server: asked of its files, not of Octy.

Nothing acknowledged is missing, nothing stands there twice or from nowhere; a tag, its line of history and its webhook
are there together or not at all (T5, G5, H3); every webhook is at its receiver, under one id (H4).
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from octy.model.tags import ChangeKind
from tests.acceptance.processes import Machine
from tests.crash.sink import Received

TAGS_WITHOUT_HISTORY = f"""
WITH told AS (
    SELECT profile_key, segment_key, kind, max(change_id) FROM tag_history GROUP BY account_id, profile_key, segment_key
)
SELECT profile_key, segment_key FROM told WHERE kind <> {ChangeKind.REMOVED:d}
EXCEPT SELECT profile_key, segment_key FROM store.tags
UNION ALL
SELECT * FROM (
    SELECT profile_key, segment_key FROM store.tags
    EXCEPT SELECT profile_key, segment_key FROM told WHERE kind <> {ChangeKind.REMOVED:d}
)
"""
"""Tags that differ from what their history ends in. A segment's key tells its account."""

MATCHES_WITHOUT_WEBHOOK = f"""
WITH matches AS (
    SELECT account_id, profile_key, segment_key, recorded_us, count(*) FROM tag_history
    WHERE kind <> {ChangeKind.REMOVED:d} AND segment_key IN (
        SELECT segment_key FROM store.segments WHERE definition ->> 'segment_type' = 'live'
    )
    GROUP BY 1, 2, 3, 4
), webhooks AS (
    SELECT account_id, profile_key, segment_key, created_us, count(*) FROM store.outbox GROUP BY 1, 2, 3, 4
)
SELECT * FROM (SELECT * FROM matches EXCEPT SELECT * FROM webhooks)
UNION ALL SELECT * FROM (SELECT * FROM webhooks EXCEPT SELECT * FROM matches)
"""
"""Live matches and webhooks that do not have each other."""


def check_folder_is_clean(machine: Machine, data: str = "data") -> Mapping[str, int]:
    """`octy check` finds nothing; what it looked at, in numbers."""
    ended = machine.run("octy", "check", "--json", "--data", data)
    assert ended.code == 0, ended.stdout + ended.stderr
    checked: Mapping[str, int] = json.loads(ended.stdout)["checked"]
    return checked


def check_events(connection: sqlite3.Connection, acknowledged: Iterable[str], sent: Iterable[str]) -> None:
    """By the number that each event bears as a property."""
    stored = Counter(number for (number,) in connection.execute("SELECT properties ->> 'number' FROM events"))
    twice = {number: times for number, times in stored.items() if times > 1}
    missing, unasked = set(acknowledged) - stored.keys(), stored.keys() - set(sent)
    assert not missing, f"{len(missing)} acknowledged events are lost, among them {sorted(missing)[:5]}"
    assert not twice, f"{len(twice)} events are there more than once, among them {sorted(twice)[:5]}"
    assert not unasked, f"{len(unasked)} events that were never sent, among them {list(unasked)[:5]}"


def check_effects(connection: sqlite3.Connection) -> None:
    """Tag, history and webhook go together."""
    assert connection.execute(TAGS_WITHOUT_HISTORY).fetchall() == []
    assert connection.execute(MATCHES_WITHOUT_WEBHOOK).fetchall() == []


def check_webhooks(connection: sqlite3.Connection, arrived: Iterable[Received]) -> int:
    """Everything in the outbox has arrived, with one body for one id, and nothing else has; how many there are."""
    bodies = defaultdict(set)
    for one in arrived:
        bodies[one.webhook_id].add(one.body)
    wanted = {id_: {body.decode()} for id_, body in connection.execute("SELECT webhook_id, body FROM store.outbox")}
    assert bodies == wanted
    return len(wanted)
