"""Mistakes with who may do and see what, and with what is promised beyond one server's life: named tests notice."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from octy.model import limits
from octy.model.instants import US_PER_HOUR
from octy.service import ingest, keys
from octy.store import deliveries, folder, idempotency, outbox
from octy.store.erasure_ledger import ErasureLedger
from octy.store.schema import outbox as outbox_table
from octy.store.vault import Vault
from octy.webhooks import guard
from tests.mistakes.making import Mistake, Patch, instead, without


def _whosever_webhook_it_is(patch: Patch) -> None:
    find = deliveries.find

    def anybodys(connection: Any, _: int, webhook_id: str) -> Any:
        owner = outbox_table.select().where(outbox_table.c.webhook_id == webhook_id)
        row = connection.execute(owner).one_or_none()
        return None if row is None else find(connection, row.account_id, webhook_id)

    patch.setattr(deliveries, "find", anybodys)


def _in_clear(patch: Patch) -> None:
    patch.setattr(Vault, "seal", lambda _, plain, __: plain)
    patch.setattr(Vault, "open", lambda _, sealed, __: sealed)


MISTAKES: Mapping[str, Mistake] = {
    "a route shows webhooks of whichever account": Mistake(
        _whosever_webhook_it_is,
        "tests/integration/http/test_webhooks.py::test_nobody_sees_anothers_deliveries",
    ),
    "any secret key will do": Mistake(
        instead(keys, "hmac", SimpleNamespace(compare_digest=lambda *_: True)),
        "tests/integration/http/test_accounts.py::test_the_secret_of_another_account_does_not_fit",
    ),
    "a name may lead to a private address": Mistake(
        instead(guard, "may_connect_to", lambda *_, **__: True),
        "tests/integration/webhooks/test_sender.py::test_a_name_that_leads_inside_is_refused_without_connecting",
    ),
    "webhooks' secrets are stored in clear": Mistake(
        _in_clear, "tests/integration/service/test_webhooks.py::test_no_secret_is_in_the_database_in_clear"
    ),
    "two servers may have one folder": Mistake(
        without(folder, "_lock"),
        "tests/integration/store/test_folder.py::test_a_second_opener_is_told_that_the_folder_is_in_use",
    ),
    "answers are not remembered under their key": Mistake(
        without(idempotency, "add"),
        "tests/integration/service/test_idempotency.py::test_a_repeat_gets_the_first_answer_and_changes_nothing",
    ),
    "erasures are not noted beside the database": Mistake(
        without(ErasureLedger, "append"),
        "tests/integration/service/test_backups.py::test_who_was_erased_since_the_backup_does_not_come_back",
    ),
    "a deleted profile's webhooks stay": Mistake(
        without(outbox, "delete_of_profiles"),
        "tests/integration/service/test_deletion.py::test_a_deleted_profile_leaves_no_row_in_any_table",
    ),
    "a window may have four minutes": Mistake(
        instead(limits, "EXP_TIMEFRAME_MINUTES_MIN", 4), "tests/unit/model/test_definitions.py"
    ),
    "an event may be an hour ahead": Mistake(
        instead(ingest, "FUTURE_TOLERANCE_US", US_PER_HOUR), "tests/integration/service/test_time.py"
    ),
}
