"""How long does an account keep its events, and what may it then ask of them?

Nothing is removed that one of its segments may look at yet: a past segment looks back on its window (P1), a live one on
an open window (L3). So neither is a shorter retention accepted than that, nor a segment that looks further back.
"""

from collections.abc import Iterator

from octy.model.errors import Problem
from octy.model.instants import US_PER_DAY
from octy.model.limits import RETENTION_DAYS_MAX
from octy.model.rules import Surroundings
from octy.model.segments import SegmentStatus
from octy.model.values import shown
from octy.service.tenant import Tenant
from octy.service.transaction import Transaction


def problems(tenant: Tenant, retention_days: int) -> Iterator[Problem]:
    """What speaks against a setting."""
    if not 0 <= retention_days <= RETENTION_DAYS_MAX:
        wanted = f"1 to {RETENTION_DAYS_MAX} days, or 0 to keep all events"
        yield Problem("retention_days", shown(retention_days), wanted)
    elif retention_days:
        for segment in tenant.segments.values():
            needed_days = -(-segment.definition.window_us // US_PER_DAY)
            if segment.status is not SegmentStatus.PENDING_DELETION and needed_days > retention_days:
                name = shown(segment.definition.name)
                wanted = f"at least {needed_days} days, on which the segment {name} looks back, or 0 to keep all events"
                yield Problem("retention_days", shown(retention_days), wanted)


def surroundings(tenant: Tenant, now_us: int) -> Surroundings:
    """What a new segment's definition is judged against."""
    aged_us = tenant.account.aged_us
    return Surroundings(
        event_types={name: known.properties for name, known in tenant.types.items()},
        taken_names=frozenset(segment.definition.name for segment in tenant.segments.values()),
        retention_days=tenant.account.configuration.retention_days,
        kept_us=now_us - aged_us if aged_us else None,
    )


def horizon_us(tenant: Tenant, now_us: int) -> int | None:
    """Events that happened before this instant are too old; None where none is."""
    days = tenant.account.configuration.retention_days
    return now_us - days * US_PER_DAY if days else None


def may_remove(tx: Transaction, account_id: int, before_us: int) -> bool:
    """Whether events that happened before an instant are still too old, and nobody has to look at them yet.

    While an account is behind (`service.settling`), a restart asks its events when a profile was last settled.
    """
    tenant = tx.tenant(account_id)
    until_us = horizon_us(tenant, tx.now_us)
    return until_us is not None and before_us <= until_us and tenant.engine.settled is None
