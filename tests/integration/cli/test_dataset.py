"""`octy-cli dataset`: asked for, waited for, written as Parquet or CSV."""

import csv
import hashlib
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from octy.client import Octy
from octy.client.arriving import Arrival
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


def makes(server: OctyServer, *files: Answer) -> None:
    """The server makes a dataset, which takes one look, and so answers who asks for its file."""
    leak = {"column": "tag.buyer", "kind": "label_event", "reason": "it names charged"}
    made = listed("completed", rows=2, columns=ROWS.column_names, leaks=[leak])
    server.answers(PATH, Answer(201, {"dataset": answered("queued")}), made)
    server.answers(f"{PATH}/file", *(files or [Answer(200, file())]))


def left(shell: Shell) -> list[str]:
    """The files in the folder."""
    return sorted(one.name for one in shell.folder.iterdir() if one.is_file())


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


def test_no_text_of_csv_is_a_formula(shell: Shell, server: OctyServer) -> None:  # C29
    texts = ["=1+1", "-2", "plain", None, "@x", "a;=b"]
    table = pa.table(
        {"profile.=name": pa.array(texts).dictionary_encode(), "tag.-x": pa.array(texts), "n": range(-6, 0)}
    )
    written = io.BytesIO()
    pq.write_table(table, written)
    makes(server, Answer(200, written.getvalue()))
    assert shell.run("dataset", "-o", "now.csv").exit_code == 0
    header, *rows = csv.reader((shell.folder / "now.csv").read_text().splitlines())
    assert header == ["profile.=name", "tag.-x", "n"]
    shown = ["'=1+1", "-2", "plain", "", "'@x", "a;'=b"]
    assert rows == [[text, text, str(number)] for number, text in zip(range(-6, 0), shown, strict=True)]


def test_strict_ends_with_the_reasons(shell: Shell, server: OctyServer) -> None:
    server.answers(PATH, refusal("tag.buyer: expected no leak; found one: its definition names charged"))
    result = shell.run("dataset", "-o", "now.parquet", "--strict")
    assert result.exit_code == 1
    assert server.sent_to(PATH)[0].body == {"strict": True}
    assert "tag.buyer: expected no leak; found one: its definition names charged" in result.stderr
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


@pytest.mark.parametrize(
    ("name", "why"), [("nowhere/now.parquet", "No such file or directory"), ("now.csv", "Is a directory")]
)
def test_where_the_file_cannot_be_written_is_said_before_one_is_made(
    shell: Shell, server: OctyServer, name: str, why: str
) -> None:
    (shell.folder / "now.csv").mkdir()
    result = shell.run("dataset", "-o", name)
    assert (result.exit_code, result.stderr) == (1, f"{name}: {why}\n")
    assert server.requests == []


def test_where_the_connection_breaks_the_rest_is_asked_for(shell: Shell, server: OctyServer) -> None:
    content, headers = file(), {"ETag": '"1"', "X-Content-SHA256": hashlib.sha256(file()).hexdigest()}
    whole = Answer(200, content, headers, breaks_after=100)
    makes(server, whole, Answer(206, content[100:], headers, breaks_after=50), Answer(206, content[150:], headers))
    assert shell.run("dataset", "-o", "now.parquet").exit_code == 0
    asked = [(sent.headers.get("range"), sent.headers.get("if-range")) for sent in server.sent_to(f"{PATH}/file")]
    assert asked == [(None, None), ("bytes=100-", '"1"'), ("bytes=150-", '"1"')]
    assert (shell.folder / "now.parquet").read_bytes() == content


def test_a_server_that_sends_all_of_it_again_is_understood(shell: Shell, server: OctyServer) -> None:
    makes(
        server, Answer(200, b"of another one", {"ETag": '"0"'}, breaks_after=10), Answer(200, file(), {"ETag": '"1"'})
    )
    assert shell.run("dataset", "-o", "now.parquet").exit_code == 0
    assert pq.read_table(shell.folder / "now.parquet") == ROWS


def test_what_came_otherwise_than_it_was_sent_takes_no_file_s_place(shell: Shell, server: OctyServer) -> None:
    shell.file("now.csv", "what was there before")
    makes(server, Answer(200, file(), {"X-Content-SHA256": "0" * 64}))
    result = shell.run("dataset", "-o", "now.csv")
    assert result.exit_code == 1
    assert "not what the server sent" in result.stderr
    assert left(shell) == ["now.csv"]
    assert (shell.folder / "now.csv").read_text() == "what was there before"


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_before_it_is_made_says_how_it_goes_on(
    shell: Shell, server: OctyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    makes(server)
    monkeypatch.setattr(Octy, "dataset_ended", interrupted)
    result = shell.run("dataset", "-o", "now.csv")
    assert result.exit_code == 130
    assert "The server goes on making the dataset dataset_1: `octy-cli dataset -o FILE --id dataset_1`" in result.stderr
    assert left(shell) == []


def test_ctrl_c_while_it_comes_leaves_nothing_half(
    shell: Shell, server: OctyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.file("now.csv", "what was there before")
    makes(server)
    monkeypatch.setattr(Arrival, "take", interrupted)
    assert shell.run("dataset", "-o", "now.csv").exit_code == 130
    assert left(shell) == ["now.csv"]
    assert (shell.folder / "now.csv").read_text() == "what was there before"


def test_one_that_is_made_is_fetched_by_its_id(shell: Shell, server: OctyServer) -> None:
    server.answers(PATH, listed("completed", rows=2, columns=ROWS.column_names))
    server.answers(f"{PATH}/file", Answer(200, file()))
    assert shell.run("dataset", "-o", "now.parquet", "--id", "dataset_1").exit_code == 0
    assert pq.read_table(shell.folder / "now.parquet") == ROWS
    assert {sent.method for sent in server.requests} == {"GET"}
    result = shell.run("dataset", "-o", "now.parquet", "--id", "dataset_1", "--label", "churn:30d")
    assert result.exit_code == 2
    assert "--id: expected nothing beside it but --output" in result.stderr


def test_datasets_are_shown_and_deleted(shell: Shell, server: OctyServer) -> None:
    server.answers(PATH, listed("completed", rows=2_000, bytes=10_000, requested_at="now"))
    told = shell.run("get", "datasets").stdout.splitlines()
    assert told[1].split() == ["dataset_1", "completed", "50%", "now", "2,000", "10,000"]
    server.answers(f"{PATH}/delete", Answer(200, {"deleted_datasets": [{"dataset_id": "dataset_1"}]}))
    result = shell.run("delete", "datasets", "dataset_1")
    assert result.stdout.splitlines()[0] == "Deleted dataset with ID: dataset_1"
    assert server.sent_to(f"{PATH}/delete")[0].body == {"datasets": ["dataset_1"]}
