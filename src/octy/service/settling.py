"""What a restart must know of changes that were due when the last process ended, and not all made (`engine.surge`).

Of an account that is behind, each commit notes how far time's changes have been made. Whatever an event or a change of
data concerned was up to date at that moment, which the log and the profiles tell.

An account that is set aside (`octy.service.faults`) stays where it was, while the store's own instant moves on.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import Longs
from octy.engine.runs import Run
from octy.engine.surge import Settled
from octy.service.tenant import Tenant
from octy.store import meta, profiles

_decode = msgspec.json.Decoder(Settled).decode
_ROWS_AT_ONCE = 1 << 20


def note(connection: Connection, tenant: Tenant) -> None:
    """Stores how far an account has come, if it is behind or was."""
    settled = tenant.engine.settled
    if settled == tenant.noted:
        return
    if settled is None:
        meta.remove(connection, _name(tenant.account_id))
    else:
        meta.set_value(connection, _name(tenant.account_id), msgspec.json.encode(settled).decode())
    tenant.noted = settled


def noted(connection: Connection, account_id: int) -> Settled | None:
    """How far an account had come by the last commit; None where nothing was left for later."""
    found = meta.get_value(connection, _name(account_id))
    return None if found is None else _decode(found)


def settled_us(connection: Connection, tenant: Tenant, runs: Sequence[Run], now_us: int) -> Longs:
    """By profile, the instant through which all changes that time causes have been made and stored."""
    count = len(tenant.profile_ids)
    tenant.noted = noted(connection, tenant.account_id)
    if tenant.noted is None:
        return np.full(count, now_us)
    found = tenant.noted.by_profile(count)
    for run in runs:
        _raise_to_last_event(found, run, tenant.noted.us)
    for profile, updated_us in profiles.updated_after(connection, tenant.account_id, tenant.noted.us):
        found[profile] = max(found[profile], updated_us)
    return found


def stand_still(connection: Connection, account_id: int, now_us: int) -> None:
    """Nothing is applied to the account after an instant, unless it stands still since an earlier one."""
    if meta.get_value(connection, _name_of_halt(account_id)) is None:
        meta.set_value(connection, _name_of_halt(account_id), str(now_us))


def applied_us(connection: Connection, account_id: int, now_us: int) -> int:
    """The instant through which the account's live segments are up to date: the store's own, or where it stands."""
    return int(meta.get_value(connection, _name_of_halt(account_id)) or now_us)


def go_on(connection: Connection, account_id: int) -> None:
    """The account is up to date."""
    meta.remove(connection, _name_of_halt(account_id))


def _raise_to_last_event(found: Longs, run: Run, after_us: int) -> None:
    for first in range(0, run.row_count, _ROWS_AT_ONCE):
        rows = min(_ROWS_AT_ONCE, run.row_count - first)
        profile, accepted_us = np.empty(rows, np.int32), np.empty(rows, np.int64)
        run.read("profile", first, profile)
        run.read("accepted_us", first, accepted_us)
        later = accepted_us > after_us
        np.maximum.at(found, profile[later], accepted_us[later])


def _name(account_id: int) -> str:
    return f"settled of account {account_id}"


def _name_of_halt(account_id: int) -> str:
    return f"halt of account {account_id}"
