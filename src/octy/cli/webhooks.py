"""`octy-cli webhooks …`: what became of webhooks, once more, a test; and what they are signed with."""

import time
from collections.abc import Callable, Sequence
from itertools import islice

from octy.cli.output import complain, counted, say
from octy.client import Octy, RequestRefused
from octy.client.views import AttemptView, DeliveryView, SecretView

TEST_SECONDS_MAX = 20
"""A little longer than an attempt may take."""
LOOK_SECONDS = 0.2

Asked = dict[str, str]


def chosen(
    state: str | None,
    event: str | None,
    segment: str | None,
    profile: str | None,
    since: str | None,
    until: str | None,
) -> Asked:
    """Which webhooks are meant, in the client's terms."""
    named = {
        "state": state,
        "event": event,
        "segment_id": segment,
        "profile_id": profile,
        "since": since,
        "until": until,
    }
    return {name: str(value) for name, value in named.items() if value is not None}


def list_deliveries(server: Octy, asked: Asked, limit: int, *, ids_only: bool) -> bool:
    """A line for each, the newest first."""
    count, found = 0, iter(server.deliveries(**asked))
    for one in islice(found, limit):
        say(one.delivery_id if ids_only else _line(one))
        count += 1
    if not ids_only:
        more = ", and there are more; --limit shows them" if next(found, None) else ""
        say(f"Found a total of {_counted(count)}{more}")
    return True


def show_delivery(server: Octy, delivery_id: str) -> bool:
    """What there is to know of one."""
    answer = server.delivery(delivery_id)
    _show(answer.delivery)
    for attempt in answer.attempt_log:
        say(_attempt(attempt))
    say(f"Body: {bytes(answer.body).decode()}")
    return True


def replay(server: Octy, ids: Sequence[str]) -> bool:
    """Sends those with these ids once more; False where one could not be."""
    count = 0
    for delivery_id in dict.fromkeys(ids):
        try:
            server.replay_delivery(delivery_id)
            count += 1
        except RequestRefused as refused:
            for message in refused.messages:
                complain(f"Failed to replay {delivery_id}: {message}")
    say(f"Replayed a total of {_counted(count)}")
    return count == len(set(ids))


def replay_range(server: Octy, asked: Asked) -> bool:
    """Sends all that are meant once more, in as many requests as it takes."""
    say(f"Replayed a total of {_counted(server.replay_deliveries(**asked))}")
    return True


def send_test(server: Octy, pause: Callable[[float], None] = time.sleep) -> bool:
    """Sends a test, and says what the receiver answered; False where it did not take it."""
    delivery_id = server.send_test_webhook().delivery_id
    for _ in range(int(TEST_SECONDS_MAX / LOOK_SECONDS)):
        answer = server.delivery(delivery_id)
        if answer.attempt_log:
            for attempt in answer.attempt_log:
                say(_attempt(attempt))
            return answer.delivery.state == "delivered"
        pause(LOOK_SECONDS)
    complain(f"No attempt was made within {TEST_SECONDS_MAX} seconds: others may be before it. Its id: {delivery_id}")
    return False


def enable(server: Octy, *, replay: bool) -> bool:
    """The receiver is sent webhooks again."""
    server.enable_webhooks(replay=replay)
    say("The receiver is sent webhooks again" + (", also those that were made meanwhile" if replay else ""))
    return True


def list_changes(server: Octy, delivery_id: str) -> bool:
    """A line for each change that a digest tells."""
    count = 0
    for one in server.digested_changes(delivery_id):
        say(f"{one.profile_id}  {one.event}  {one.at}  {one.cause}")
        count += 1
    say(f"Found a total of {counted(count, 'change')}")
    return True


def release(server: Octy, segment_id: str) -> bool:
    """A segment whose webhooks have stopped is told of again."""
    one = server.release_webhooks(segment_id)
    say(f"{one.segment_tag} is told of again; {counted(one.withheld, 'change')} not told since {one.stopped_at}")
    return True


def show_secrets(server: Octy) -> bool:
    """A line for each secret that is valid now, the present one first."""
    return _show_secrets(server.webhook_secrets())


def rotate_secret(server: Octy, overlap_hours: int) -> bool:
    """Replaces the secret, and shows what is valid then."""
    return _show_secrets(server.rotate_webhook_secret(overlap_hours))


def _show_secrets(secrets: Sequence[SecretView]) -> bool:
    for one in secrets:
        until = f"valid until {one.expires_at}" if one.expires_at else "the present one"
        say(f"{one.secret}  {until}")
    return True


def _line(one: DeliveryView) -> str:
    about = " ".join(part for part in (one.event, one.profile_id, one.segment_id) if part)
    return f"{one.delivery_id}  {one.state:<9}  {one.created_at}  {_attempts(one.attempts):<11}  {about}"


def _show(one: DeliveryView) -> None:
    lines = {
        "Delivery ID": one.delivery_id,
        "Event": one.event,
        "State": one.state,
        "Profile ID": one.profile_id,
        "Segment ID": one.segment_id,
        "Created at": one.created_at,
        "Next attempt at": one.next_attempt_at,
        "Finished at": one.finished_at,
        "Last error": one.last_error,
    }
    for label, value in lines.items():
        if value:
            say(f"{label}: {value}")


def _attempt(one: AttemptView) -> str:
    answered = f" answered {one.answer!r}" if one.answer else ""
    came = one.error or f"The receiver answered {one.status}."
    return f"Attempt {one.number} at {one.started_at}, {one.took_ms} ms: {came}{answered}"


def _attempts(count: int) -> str:
    return counted(count, "attempt")


def _counted(count: int) -> str:
    return f"{count:,} delivery" if count == 1 else f"{count:,} deliveries"
