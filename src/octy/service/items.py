"""Items, kept for neighbouring products (wire.md 3.11)."""

from collections.abc import Sequence

from octy.model import limits
from octy.model.errors import Problem, Refused
from octy.model.items import Item
from octy.model.outcomes import Failure, Outcome
from octy.model.values import id_problems, problems_in, shown
from octy.service.transaction import Transaction
from octy.store import items

STATUSES = ("active", "inactive")


def put(tx: Transaction, account_id: int, given: Sequence[Item], *, create: bool) -> Outcome[Item]:
    """Creates items with new ids, or updates items that exist."""
    if not 1 <= len(given) <= limits.ITEMS_PER_BATCH_MAX:
        raise Refused(f"A request holds 1 to {limits.ITEMS_PER_BATCH_MAX} items; this one holds {len(given)}.")
    existing = items.existing_ids(tx.connection, account_id, [item.item_id for item in given])
    done: list[Item] = []
    failed: list[Failure] = []
    for index, item in enumerate(given):
        problems = _problems(item)
        if create and item.item_id in existing:
            problems.append(Problem("item_id", shown(item.item_id), "an id that no other item has"))
        if not create and item.item_id not in existing:
            problems.append(Problem("item_id", shown(item.item_id), "the id of an existing item"))
        if problems:
            failed.append(Failure(index, "; ".join(map(str, problems))))
            continue
        existing.add(item.item_id)
        done.append(item)
    items.upsert(tx.connection, account_id, done, tx.now_us)
    return Outcome(done, failed)


def _problems(item: Item) -> list[Problem]:
    problems = list(id_problems(item.item_id, "item_id"))
    for field in ("item_category", "item_name", "item_description"):
        problems += problems_in(getattr(item, field), field)
    if not 0 <= item.item_price <= limits.INTEGER_MAX:
        problems.append(Problem("item_price", shown(item.item_price), "an integer from 0, in the lowest currency unit"))
    if item.status not in STATUSES:
        problems.append(Problem("status", shown(item.status), " or ".join(map(shown, STATUSES))))
    return problems
