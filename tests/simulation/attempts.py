"""What must hold of each attempt to deliver a webhook, at the moment at which it is made (docs/webhooks.md)?

The dispatcher takes whatever an attempt raises for a failure of the receiver. So what does not hold is noted here, and
the simulation looks.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from msgspec import Struct
from sqlalchemy import Connection
from standardwebhooks import Webhook

from octy.model.instants import US_PER_SECOND
from octy.webhooks.outbox import Delivery
from octy.webhooks.schedule import JITTER, PAUSES_US, WAIT_US_MAX
from tests.simulation.receiver import told

_STANDING = """
SELECT mine.state, mine.created_us, mine.next_attempt_us, receivers.disabled_us,
    (SELECT count(*) FROM outbox WHERE profile_key = mine.profile_key AND delivery_id < mine.delivery_id),
    (SELECT count(*) FROM outbox WHERE profile_key = mine.profile_key AND delivery_id < mine.delivery_id
        AND state = 'pending')
FROM outbox mine JOIN receivers USING (account_id) WHERE delivery_id = ?
"""


class Standing(Struct, frozen=True):
    """A webhook in the store."""

    state: str
    created_us: int
    next_attempt_us: int
    disabled_us: int | None
    """Since when its receiver is to be sent nothing."""
    earlier: int
    """How many webhooks about the same profile were made before it."""
    earlier_pending: int
    """Of those, how many have not arrived."""


def standing(connection: Connection, delivery_id: int) -> Standing | None:
    """None where the webhook is gone with its profile."""
    row = connection.exec_driver_sql(_STANDING, (delivery_id,)).one_or_none()
    return None if row is None else Standing(*row)


class Attempts:
    """All that were made, whichever server made them."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self._under_way: set[int] = set()
        """By profile key."""
        self._left: set[str] = set()
        """The ids of webhooks that were on their way at least once."""
        self._not_before_us: dict[tuple[str, int], int] = {}
        """By id and the number of attempts that are stored as failed."""
        self._while_disabled: set[int] = set()
        """The profiles with attempts since the receiver was disabled."""

    @contextmanager
    def made(self, delivery: Delivery, stored: Standing | None, now_us: int) -> Iterator[None]:
        """One is under way."""
        what = f"{delivery.webhook_id} at {now_us}"
        self._must(delivery.profile_key not in self._under_way, "webhooks about a profile leave one at a time", what)
        due_us = self._not_before_us.get((delivery.webhook_id, delivery.attempts), 0)
        self._must(now_us >= due_us, "no attempt comes too soon", what, due_us)
        if stored is not None:
            self._is_in_order(delivery, stored, now_us)
        self._left.add(delivery.webhook_id)
        self._not_before_us.pop((delivery.webhook_id, delivery.attempts + 1), None)  # of one that came to nothing
        self._under_way.add(delivery.profile_key)
        try:
            yield
        finally:
            self._under_way.discard(delivery.profile_key)

    def is_signed(self, delivery: Delivery, headers: Mapping[str, str], secrets: Sequence[str], now_us: int) -> None:
        """The receiver verifies it with each secret that the account is shown, by a library that is not ours."""
        webhook_id, timestamp = headers["webhook-id"], int(headers["webhook-timestamp"])
        self._must(webhook_id == told(delivery.body).delivery_id, "a webhook's one id is the one that it names")
        self._must(timestamp == now_us // US_PER_SECOND, "a webhook's timestamp is its attempt's", timestamp, now_us)
        at, text = datetime.fromtimestamp(timestamp, UTC), delivery.body.decode()
        wanted = [Webhook(secret).sign(webhook_id, at, text) for secret in secrets]
        self._must(headers["webhook-signature"].split() == wanted, "a webhook is signed with each secret", webhook_id)

    def fails(self, delivery: Delivery, now_us: int, retry_after_seconds: int = 0) -> None:
        """It is not taken: it will be tried again, but not at once."""
        failed = delivery.attempts - delivery.attempts_before
        pause_us = int(PAUSES_US[failed] * (1 - JITTER)) if failed < len(PAUSES_US) else 0
        due_us = now_us + max(pause_us, retry_after_seconds * US_PER_SECOND)
        self._not_before_us[delivery.webhook_id, delivery.attempts + 1] = due_us

    def forget_pauses(self) -> None:
        """Whoever asks for a webhook once more need not wait."""
        self._not_before_us.clear()

    def _is_in_order(self, delivery: Delivery, stored: Standing, now_us: int) -> None:
        what = f"{delivery.webhook_id} at {now_us}: {stored}"
        self._must(stored.state != "delivered", "what was delivered is not sent again", what)
        self._must(stored.next_attempt_us <= now_us, "nothing is sent before it is due", what)
        if stored.disabled_us is None:
            self._while_disabled.clear()
        else:
            was_on_its_way = delivery.profile_key not in self._while_disabled
            self._must(was_on_its_way, "a disabled receiver gets no more than was on its way", what)
            self._while_disabled.add(delivery.profile_key)
        if delivery.webhook_id in self._left:
            return
        overtakes = told(delivery.body).overtakes
        says_so = stored.earlier_pending <= overtakes <= stored.earlier
        self._must(says_so, "a webhook says how many earlier ones it overtakes", overtakes, what)
        waited = not stored.earlier_pending or now_us - stored.created_us >= WAIT_US_MAX
        self._must(waited, "a webhook waits ten minutes for earlier ones", what)

    def _must(self, holds: object, sentence: str, *details: object) -> None:
        if not holds:
            self.wrong.append(": ".join([sentence, *map(str, details)]))
