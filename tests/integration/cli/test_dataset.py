"""`octy-cli dataset`: asked for, waited for, written as Parquet or CSV."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import Answer, OctyServer, refusal

PATH = "/v1/retention/datasets"
ROWS = pa.table({"customer_id": ["ana", "bo"], "tag.buyer": [True, False], "recency_days": [0.5, None]})


def file() -> bytes:
    written = io.BytesIO()
    pq.write_table(ROWS, written)
    return written.getvalue()


def answered(status: str, **more: Any) -> dict[str, Any]:
    return {"dataset_id": "dataset_1", "status": status, "progress": 0.5, **more}


def listed(status: str, **more: Any) -> Answer:
    meta = {"request_status": "Success", "message": "", "count": 1, "total": 1}
    return Answer(200, {"request_meta": meta, "datasets": [answered(status, **more)]})


def makes(server: OctyServer) -> None:
    """The server makes a dataset, which takes one look."""
    leak = {"column": "tag.buyer", "kind": "label_event", "reason": "it names charged"}
    made = listed("completed", rows=2, columns=ROWS.column_names, leaks=[leak])
    server.answers(PATH, Answer(201, {"dataset": answered("queued")}), made)
    server.answers(f"{PATH}/file", Answer(200, file()))


def test_a_dataset_is_written_with_its_leaks_told(shell: Shell, server: OctyServer) -> None:
    makes(server)
    asked = ("--every", "7d", "--from", "2024-01-01", "--label", "churn:30d", "--as-known-at", "as_of")
    result = shell.run("dataset", "-o", "train.parquet", *asked)
    assert result.exit_code == 0, result.output
    assert server.sent_to(PATH)[0].body == {
        "every": "7d",
        "from": "2024-01-01",
        "label": "churn:30d",
        "as_known_at": "as_of",
    }
    assert result.stdout.splitlines() == [
        "Wrote 2 rows of 3 columns to train.parquet",
        "Dataset ID: dataset_1",
        "Leak (label_event): tag.buyer: it names charged",
        "Found a total of 1 leak",
    ]
    assert pq.read_table(shell.folder / "train.parquet") == ROWS


def test_a_name_that_ends_in_csv_gets_csv(shell: Shell, server: OctyServer) -> None:
    makes(server)
    assert shell.run("dataset", "-o", "now.csv").exit_code == 0
    text = (shell.folder / "now.csv").read_text()
    assert text == '"customer_id","tag.buyer","recency_days"\n"ana",true,0.5\n"bo",false,\n'


def test_strict_ends_with_the_reasons(shell: Shell, server: OctyServer) -> None:
    server.answers(PATH, refusal("tag.buyer: expected no leak; found its definition names charged"))
    result = shell.run("dataset", "-o", "now.parquet", "--strict")
    assert result.exit_code == 1
    assert server.sent_to(PATH)[0].body == {"strict": True}
    assert "tag.buyer: expected no leak; found its definition names charged" in result.stderr
    assert not (shell.folder / "now.parquet").exists()


def test_a_dataset_that_was_not_made_says_why(shell: Shell, server: OctyServer) -> None:
    server.answers(PATH, Answer(201, {"dataset": answered("queued")}), listed("failed", error="There was no room."))
    result = shell.run("dataset", "-o", "now.parquet")
    assert result.exit_code == 1
    assert "The dataset dataset_1 was not made: There was no room." in result.stderr


@pytest.mark.parametrize("name", ["now", "now.json"])
def test_a_file_of_another_kind_is_wrong_usage(shell: Shell, server: OctyServer, name: str) -> None:
    result = shell.run("dataset", "-o", name)
    assert result.exit_code == 2
    assert "expected a file that ends in .parquet or .csv" in result.stderr
    assert server.requests == []


def test_where_the_file_cannot_be_written_is_said(shell: Shell, server: OctyServer) -> None:
    makes(server)
    result = shell.run("dataset", "-o", "nowhere/now.parquet")
    assert result.exit_code == 1
    assert "nowhere/now.parquet: No such file or directory" in result.stderr
