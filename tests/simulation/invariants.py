"""What must hold after every run, whatever happened (C04). Each is a sentence, and raises `Violation`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from octy.model.instants import US_PER_MINUTE, rfc1123
from octy.model.tags import Cause, ChangeKind
from octy.model.webhooks import Delivery, DeliveryFilter, DeliveryState
from octy.service.checking.check import check_folder
from octy.service.receivers import FORGOTTEN, NOT_SENT
from octy.service.writer import DELIVERIES_KEPT_US
from octy.store.folder import DATABASE
from octy.store.page_sums import broken_log, known_sums, unlike
from octy.webhooks.schedule import PAUSES_US
from tests.logs import opened
from tests.simulation.receiver import Receiver, told
from tests.simulation.requests import Names
from tests.simulation.server import Server
from tests.simulation.truth import NOBODY, Notice, Truth

UNDER_WAY_US = US_PER_MINUTE
"""A webhook that has just become due may be on its way."""

SAID_GONE = "The receiver answered 410."
FAILED = DeliveryFilter(state=DeliveryState.FAILED)
FAILED_PER_PAGE = 7

Match = tuple[int, int, int]
"""A profile, or nobody; a segment; and which of the webhooks about both it is."""


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


def webhooks_are_the_models(
    server: Server, truth: Truth, names: Names, receiver: Receiver, failed: Mapping[str, bytes]
) -> None:
    """(d): each that must be told came at least once, always under its one id; no other came (H1 to H4).

    `failed` are the bodies of all that ever counted as failed, by id: they may be forgotten before they are sent again.
    """
    require(not receiver.changed, "a webhook's body never changes", receiver.changed)
    wanted = {(one.profile, one.segment, one.number): one for one in truth.webhooks}
    with opened(server.folder) as connection:
        rows = connection.execute("SELECT webhook_id, state, body FROM outbox ORDER BY delivery_id").fetchall()
        there = {key for (key,) in connection.execute("SELECT profile_key FROM profiles")}
    kept = _by_match({webhook_id: body for webhook_id, _, body in rows}, wanted, names)
    came = _by_match({webhook_id: one.body for webhook_id, one in receiver.received.items()}, wanted, names)
    gave_up = _by_match(failed, wanted, names)
    in_order = sorted(kept, key=lambda match: match[2])
    same(_by_pair(kept), _by_pair(in_order), "webhooks are made in the order of their numbers")
    for webhook_id, state, _ in rows:
        require(state == "delivered", "in the end everything is delivered", webhook_id, state)
    forgotten_us = server.octy.clock.now_us() - DELIVERIES_KEPT_US
    ids = came | kept
    for match, notice in wanted.items():
        if match[0] not in there and match[0] != NOBODY:
            continue
        webhook_id = ids.get(match)
        same(came.get(match, webhook_id), webhook_id, "a webhook has one id")
        if match not in kept:
            require(notice.at_us < forgotten_us, "all that is told is in the outbox, for 30 days (H3)", match)
        accepted = webhook_id is not None and receiver.has_accepted(webhook_id)
        require(
            accepted or (match not in kept and match in gave_up), "all that is told was accepted", match, webhook_id
        )
    for match in [match for match in came if match[0] in there]:
        retracts = told(receiver.received[came[match]].body).retracts
        told_by = *match[:2], wanted[match].retracts or 0
        if told_by not in wanted:
            same(retracts, None, "what was not told is not taken back")
        elif wanted[told_by].at_us >= forgotten_us:
            same(retracts, ids[told_by], "a retraction names the webhook that told of the match")


def failed_are_shown(server: Server, names: Names) -> None:
    """(f): the account sees each webhook that was given up, with every attempt, and none was given up too soon."""
    shown: list[Delivery] = []
    page = server.octy.reading.delivery_page(names.account, FAILED, FAILED_PER_PAGE)
    shown += page.deliveries
    while page.next_before is not None:
        page = server.octy.reading.delivery_page(names.account, FAILED, FAILED_PER_PAGE, page.next_before)
        shown += page.deliveries
    with opened(server.folder) as connection:
        rows = connection.execute("SELECT webhook_id FROM outbox WHERE state = 'failed' ORDER BY delivery_id DESC")
        same([one.delivery_id for one in shown], [row[0] for row in rows], "those that were given up are shown")
    for one in shown:
        attempts = server.octy.reading.delivery(names.account, one.delivery_id).attempts
        same(len(attempts), one.attempts, "every attempt is shown")
        is_over = one.attempts > len(PAUSES_US) or one.last_error in (NOT_SENT, FORGOTTEN, SAID_GONE)
        require(is_over, "a webhook is given up after its last attempt", one)


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


def no_page_is_told(folder: Path) -> None:
    """Whatever a crash has left, no page of the database is taken for damaged."""
    if (folder / DATABASE).exists():
        told = list(unlike(folder / DATABASE, known_sums(folder / DATABASE)))
        require(not told, "no page is taken for damaged", told)
        require(broken_log(folder / DATABASE) is None, "no log is taken for damaged")


def the_check_is_clean(server: Server) -> None:
    """(g) and (h): `octy check`, on the folder of a server that has ended."""
    findings = check_folder(server.folder, lambda _: None)
    require(findings.is_clean, "octy check finds nothing", findings.differences)


def _by_match(bodies: Mapping[str, bytes], wanted: Mapping[Match, Notice], names: Names) -> dict[Match, str]:
    """The id of each notice's webhook, in their order."""
    found: dict[Match, str] = {}
    for webhook_id, body in bodies.items():
        said = told(body)
        profile = NOBODY if said.profile_id is None else names.keys[said.profile_id]
        match = profile, said.segment, said.sequence
        require(match in wanted, "no webhook tells what is not so, or what nobody wants to hear", webhook_id, said)
        notice = wanted[match]
        is_told = said.subject, said.event, said.cause, said.date_time, said.members
        must_be = notice.subject, notice.event, notice.cause, rfc1123(notice.at_us), notice.members
        same(is_told, must_be, "a webhook tells of its change")
        require(match not in found, "no change has two webhooks, and no number is given twice", webhook_id, said)
        found[match] = webhook_id
    return found


def _by_pair(matches: Iterable[Match]) -> dict[tuple[int, int], list[int]]:
    """The numbers of each profile's webhooks in each segment."""
    found: dict[tuple[int, int], list[int]] = {}
    for profile, segment, number in matches:
        found.setdefault((profile, segment), []).append(number)
    return found
