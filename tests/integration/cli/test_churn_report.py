"""`octy-cli get churnreport`: a table, JSON, a Markdown file with plots. And profiles by what is foretold of them."""

import json
import re
import sys
from typing import Any

import msgspec
import pytest

from octy.http.wire.churn import shown
from octy.model.churn import DroppedColumn
from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import Answer, OctyServer, refusal
from tests.unit.model.churn_reports import report

REPORT = "/v1/retention/churn_prediction/report"


@pytest.fixture
def answer() -> dict[str, Any]:
    made = msgspec.structs.replace(report(), dropped=(DroppedColumn("a|b", "it says nothing"),))
    return {"churn_prediction_report": json.loads(msgspec.json.encode(shown(made)))}


@pytest.fixture
def trained(shell: Shell, server: OctyServer, answer: dict[str, Any]) -> Shell:
    server.answers(REPORT, Answer(200, answer))
    return shell


def test_the_report_is_a_table(trained: Shell) -> None:
    result = trained.run("get", "churnreport")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Training job ID       training_1",
        "Training job date     Tue, 14 Nov 2023 22:13:20 GMT",
        "Model accuracy        81.25%",
        "ROC AUC, Brier score  0.900, 0.120",
        "Without a model       60.00%, 0.500, 0.400: always",
        "Without a model       70.00%, 0.750, 0.200: one rule",
        "Current churn         40.00%",
        "Churn direction       down, by 10.00%",
        "",
        "The model beats every answer without a model, by ROC AUC and by Brier score.",
        "",
        "FEATURE OF IMPORTANCE  IMPORTANCE",
        "recency_days           12.00%",
        "tag.leaving | now      3.00%",
    ]


def test_the_contract_s_fields_are_enough(shell: Shell, server: OctyServer) -> None:
    job = {"training_job_id": "t", "model_accuracy": 50, "training_job_date": "now"}
    server.answers(REPORT, Answer(200, {"churn_prediction_report": {"training_job_data": job, "churn_data": {}}}))
    assert "Model accuracy        50.00%\n" in shell.run("get", "churnreport").stdout


def test_as_json_it_is_what_the_server_says(trained: Shell, answer: dict[str, Any]) -> None:
    said = json.loads(trained.run("get", "churnreport", "-o", "json").stdout)
    assert said["churn_data"] == answer["churn_prediction_report"]["churn_data"]


@pytest.mark.parametrize("option", ["-o", "--outpath", "--output"])
def test_a_folder_gets_a_page_with_plots_beside_it(trained: Shell, option: str) -> None:
    (trained.folder / "reports").mkdir()
    result = trained.run("get", "churnreport", option, "reports/")
    assert (result.exit_code, result.stderr) == (0, "")
    (page,) = (trained.folder / "reports").glob("*.MD")
    assert re.fullmatch(r"octy-churn-report--\d{4}-\d\d-\d\d \d\d-\d\d-\d\d\.MD", page.name)
    assert result.stdout == f"Wrote reports/{page.name}\n"
    text = page.read_text()
    assert "**40.00%** of the profiles churned, down by 10.00 points." in text
    assert "| tag.leaving \\| now | 3.00 | ± 2.00 |" in text
    assert "The model beats every answer without a model" in text
    assert "| a\\|b | it says nothing |" in text
    images = re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)
    assert len(images) == 3
    for image in images:
        drawn = (page.parent / image.replace("%20", " ")).read_bytes()
        assert drawn.startswith(b"<?xml")
        assert b"</svg>" in drawn


def test_without_matplotlib_there_is_a_page_and_a_sentence(trained: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "octy.learning.plots", raising=False)
    result = trained.run("get", "churnreport", "-o", "./")
    assert result.exit_code == 0
    assert result.stderr == (
        "Without plots: matplotlib is not installed; `pip install 'octy-segmentation[training]'` brings it.\n"
    )
    (page,) = trained.folder.glob("*.MD")
    assert "![" not in page.read_text()


@pytest.mark.parametrize("target", ["csv", "reports", "missing/", "."])
def test_where_it_cannot_go_is_said_before_anything_is_asked(shell: Shell, server: OctyServer, target: str) -> None:
    result = shell.run("get", "churnreport", "-o", target)
    wanted = "table, json, yaml, or a folder that there is, with a slash at its end"
    assert (result.exit_code, result.stderr) == (1, f"-o: expected {wanted}; found {target}\n")
    assert server.sent_to(REPORT) == []


def test_no_report_yet(shell: Shell, server: OctyServer) -> None:
    server.answers(REPORT, refusal("There is no churn report yet."))
    result = shell.run("get", "churnreport")
    assert (result.exit_code, result.stderr) == (1, "There is no churn report yet.\n")


def test_profiles_are_asked_for_by_what_is_foretold(shell: Shell, server: OctyServer) -> None:
    shell.run("get", "profiles", "--churn", "high", "--rfm", "300-400")
    (sent,) = server.sent_to("/v1/retention/profiles")
    assert {name: sent.query.get(name) for name in ("churn_prob", "rfm")} == {
        "churn_prob": ["high"],
        "rfm": ["300-400"],
    }
    assert shell.run("get", "profiles", "--churn", "huge").exit_code == 2


def test_a_described_profile_tells_what_is_foretold_of_it(shell: Shell, server: OctyServer) -> None:
    foretold = {"churn_probability": "high", "churn_probability_value": 0.914, "rfm_score": 344}
    server.profiles = [{"profile_id": "p1", "customer_id": "c1"} | foretold]
    server.answers("/v1/retention/profiles/history", Answer(200, {"segment_tag_history": []}))
    server.answers("/v1/retention/profiles/events", Answer(200, {"events": []}))
    told = shell.run("describe", "profile", "c1").stdout
    assert "Churn probability: high (0.91)\nRFM score: 344\n" in told
