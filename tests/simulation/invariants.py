"""What must hold after every run, whatever happened (C04). Each is a sentence, and raises `Violation`."""

from collections import Counter
from typing import Any

from octy.model.instants import US_PER_MINUTE, rfc1123
from octy.model.tags import Cause, ChangeKind
from octy.service.checking.check import check_folder
from octy.webhooks.schedule import Schedule
from tests.logs import opened
from tests.simulation.receiver import Receiver, told
from tests.simulation.requests import Names
from tests.simulation.server import Server
from tests.simulation.truth import Truth

UNDER_WAY_US = US_PER_MINUTE
"""A webhook that has just become due may be on its way."""


class Violation(AssertionError):
    """Something is not as it must be."""


def require(holds: object, sentence: str, *details: object) -> None:
    """The sentence must hold."""
    if not holds:
        raise Violation(": ".join([sentence, *map(str, details)]))


def same(found: Any, wanted: Any, sentence: str) -> None:
    """Both must be equal."""
    require(found == wanted, sentence, f"found {found}", f"wanted {wanted}")


def tags_are_the_models(server: Server, truth: Truth, names: Names) -> None:
    """(c), and their order (G1)."""
    found = {}
    for profile in server.octy.reading.profiles(names.account).profiles:
        instants = [tag.created_us for tag in profile.segment_tags]
        same(instants, sorted(instants), "tags come in the order of their creation")
        for tag in profile.segment_tags:
            found[int(tag.segment_tag), truth.profiles[profile.customer_id]] = tag.created_us
    wanted = truth.model.tags()
    different = {pair: (found.get(pair), wanted.get(pair)) for pair in found.keys() | wanted.keys()}
    different = {pair: both for pair, both in different.items() if both[0] != both[1]}
    require(not different, "tags are the model's", f"(segment, profile): (found, wanted) {different}")


def events_are_the_acknowledged(server: Server, truth: Truth) -> None:
    """(a) and (b): each that was acknowledged, once; none other."""
    with opened(server.folder) as connection:
        rows = connection.execute("SELECT seq, profile_key, created_us FROM events").fetchall()
        there = {key for (key,) in connection.execute("SELECT profile_key FROM profiles")}
    found = sorted(row for row in rows if row[1] in there)  # the others wait for the archiver (X3)
    wanted = sorted((seq, profile, created_us) for seq, (profile, created_us) in truth.events.items())
    lost = sorted(set(wanted) - set(found))
    made_up = sorted((Counter(found) - Counter(wanted)).elements())
    require(not lost, "each acknowledged event is there", f"lost {lost}")
    require(not made_up, "nothing is there twice, or was never sent", f"too many {made_up}")


def history_is_the_models(server: Server, truth: Truth) -> None:
    """G5, but for when it was recorded, which a crash may change."""
    found: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
    with opened(server.folder) as connection:
        there = {key for (key,) in connection.execute("SELECT profile_key FROM profiles")}
        lines = connection.execute(
            "SELECT segment_tag, profile_key, kind, cause, effective_us, event_seq FROM tag_history ORDER BY change_id"
        ).fetchall()
    for segment, profile, kind, cause, effective_us, seq in lines:
        if profile in there:
            line = ChangeKind(kind).name, Cause(cause).name, effective_us, seq
            found.setdefault((int(segment), profile), []).append(line)
    wanted: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
    for one in truth.told:
        line = one.kind.name, one.cause.name, one.effective_us, one.event
        wanted.setdefault((one.segment, one.profile), []).append(line)
    for pair in sorted(found.keys() | wanted.keys()):
        same(found.get(pair, []), wanted.get(pair, []), f"history of (segment, profile) {pair} is the model's")


def webhooks_are_the_models(server: Server, truth: Truth, names: Names, receiver: Receiver) -> None:
    """(d) and (f): each match came at least once, always under its one id; none came that was no match (H1 to H4)."""
    require(not receiver.changed, "a webhook's body never changes", receiver.changed)
    with opened(server.folder) as connection:
        rows = connection.execute("SELECT webhook_id, state, attempts, body FROM outbox").fetchall()
        there = {key for (key,) in connection.execute("SELECT profile_key FROM profiles")}
    wanted = Counter(
        (
            one.profile,
            str(one.segment),
            "created" if one.kind is ChangeKind.CREATED else "updated",
            rfc1123(one.effective_us),
        )
        for one in truth.webhooks
    )
    staying = Counter({match: count for match, count in wanted.items() if match[0] in there})
    same(Counter(_match(row[3], names) for row in rows), staying, "each match is in the outbox once (H3)")
    came = Counter(_match(one.body, names) for one in receiver.received.values())
    require(not came - wanted, "no webhook came that is no match, and none under two ids", came - wanted)
    for webhook_id, state, attempts, body in rows:
        accepted = webhook_id in receiver.received and receiver.received[webhook_id].accepted
        if state == "failed":
            require(
                attempts >= Schedule().attempts_max,
                "a webhook is given up after its last attempt",
                webhook_id,
                attempts,
            )
        else:
            require(state == "delivered" and accepted, "each match was accepted", webhook_id, state, attempts, body)


def nothing_is_left_to_do(server: Server) -> None:
    """(e): everything that is due was done; nobody waits, nothing is half done."""
    now_us = server.octy.clock.now_us()
    require(not server.has_requests, "no request waits")
    require(server.writer._world is not None, "the world stands")
    require(server.due_us > now_us, "no timer is past due", server.due_us, now_us)
    require(not server.wants_to_fold, "no backfill is left")
    require(not server.archiver.is_busy, "the archiver is at rest")
    with server.store.reading() as connection:
        (backfilling,) = connection.exec_driver_sql("SELECT count(*) FROM segments WHERE status = 'backfilling'").one()
        (erasing,) = connection.exec_driver_sql("SELECT count(*) FROM erasures").one()
        due = "SELECT count(*) FROM outbox WHERE state = 'pending' AND next_attempt_us <= ?"
        (waiting,) = connection.exec_driver_sql(due, (now_us - UNDER_WAY_US,)).one()
    require(not backfilling, "no segment backfills")
    require(not erasing, "no profile waits to leave the archive (X3)")
    require(not waiting, "no webhook is past due", waiting)


def the_check_is_clean(server: Server) -> None:
    """(g) and (h): `octy check`, on the folder of a server that has ended."""
    findings = check_folder(server.folder, lambda _: None)
    require(findings.is_clean, "octy check finds nothing", findings.differences)


def _match(body: bytes, names: Names) -> tuple[int, str, str, str]:
    profile_id, segment, verb, instant = told(body)
    return names.keys[profile_id], segment, verb, instant
