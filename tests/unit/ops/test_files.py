"""What lies in ops/ fits the product: metrics that exist, settings that exist, and no more rights than are needed."""

import json
import re
import shutil
import subprocess
from collections import Counter
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from octy.model.histogram import SECONDS
from octy.server.main import serve
from octy.server.settings import settings_of

ROOT = Path(__file__).parents[3]
OPS = ROOT / "ops"
SETTINGS = {one.variable for one in settings_of(serve)} | {"OCTY_PUBLIC_KEY", "OCTY_SECRET_KEY"}
ALERTS_FOR_PROMISES = {
    "OctyIngestFailsFast",
    "OctyIngestFailsSlowly",
    "OctyAcknowledgesSlowly",
    "OctyWebhooksLeaveLate",
    "OctyTimersLate",
}


def loaded(name: str) -> Any:
    return YAML(typ="safe").load((OPS / name).read_text())


def rules(name: str) -> list[dict[str, Any]]:
    return [rule for group in loaded(name)["groups"] for rule in group["rules"]]


def recorded() -> set[str]:
    return {rule["record"] for rule in rules("recording.yml")}


def expressions() -> list[str]:
    """All that anything in ops/ asks of Prometheus."""
    asked = [rule["expr"] for name in ("recording.yml", "alerts.yml") for rule in rules(name)]
    panels = json.loads((OPS / "dashboard.json").read_text())["panels"]
    return asked + [target["expr"] for panel in panels for target in panel["targets"]]


def told() -> set[str]:
    """The names of samples as docs/operations.md has them, which a test holds against /metrics itself."""
    table = (ROOT / "docs" / "operations.md").read_text().partition("## Metrics")[2].partition("## Traces")[0]
    names = set(re.findall(r"`(octy_\w+)`", table))
    return names | {f"{name}_{part}" for name in names if name.endswith("_seconds") for part in ("bucket", "count")}


def test_every_metric_that_is_asked_for_is_told_or_recorded() -> None:
    asked = {name for one in expressions() for name in re.findall(r"\bocty[:_][\w:]+", one)}
    assert asked <= told() | recorded()
    assert recorded() <= asked


def cases() -> list[dict[str, Any]]:
    """What is to come of an alert on some series."""
    return [case for test in loaded("alerts.test.yml")["tests"] for case in test["alert_rule_test"]]


def test_every_promise_has_an_alert_and_every_alert_a_case_that_sets_it_off_and_one_that_does_not() -> None:
    alerts = {rule["alert"] for rule in rules("alerts.yml")}
    assert alerts >= ALERTS_FOR_PROMISES
    for fires in (True, False):
        assert {case["alertname"] for case in cases() if bool(case["exp_alerts"]) is fires} == alerts


def test_every_promise_is_tried_on_ten_series() -> None:
    """C40."""
    tried = Counter(case["alertname"] for case in cases())
    assert {name: tried[name] for name in ALERTS_FOR_PROMISES if tried[name] < 10} == {}


def test_every_bound_that_is_asked_for_is_one_of_the_histograms() -> None:
    asked = {bound for one in expressions() for bound in re.findall(r'le="(.*?)"', one)}
    assert asked
    assert asked <= set(map(str, SECONDS))


def test_what_an_alert_refers_to_is_there() -> None:
    headings = re.findall(r"^#+ (.*)$", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    anchors = {f"docs/operations.md#{heading.lower().replace(' ', '-').replace(chr(39), '')}" for heading in headings}
    assert {rule["annotations"]["runbook"] for rule in rules("alerts.yml")} <= anchors


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_the_alerts_fire_and_stay_silent_as_they_should() -> None:
    tested = subprocess.run(
        ["promtool", "test", "rules", "alerts.test.yml"], cwd=OPS, capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_unit_has_no_more_rights_than_it_needs() -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(OPS / "octy.service")
    wanted = {
        "DynamicUser": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "RestrictNamespaces": "yes",
        "RestrictSUIDSGID": "yes",
        "LockPersonality": "yes",
        "StateDirectory": "octy",
        "UMask": "0077",
    }
    service = dict(unit["Service"])
    assert {name: service.get(name) for name in wanted} == wanted
    assert service["ExecStart"].endswith("/octy serve"), "settings are in the file, keys in no command line"


def test_the_image_serves_as_nobody_and_from_pinned_packages() -> None:
    lines = re.sub(r"\\\n", " ", (OPS / "Dockerfile").read_text()).splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    last_stage = max(place for place, line in enumerate(lines) if line.startswith("FROM "))
    assert users == ["10001:10001"]
    assert any(line.startswith("USER ") for line in lines[last_stage:])
    assert all(":" in line.split()[1] for line in lines if line.startswith("FROM "))
    installs = [line for line in lines if "pip install" in line]
    assert installs
    assert all("--require-hashes -r requirements/server.txt" in line or "--no-deps" in line for line in installs)
    assert 'ENTRYPOINT ["octy"]' in lines, "a signal reaches the server itself"


def test_the_composition_is_read_only_and_without_rights() -> None:
    (octy,) = loaded("compose.yml")["services"].values()
    assert octy["read_only"] is True
    assert octy["user"] == "10001:10001"
    assert octy["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in octy["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in octy["ports"]), "TLS is the proxy's, or a setting"
    assert not octy.get("privileged")


def test_every_variable_that_ops_sets_is_a_setting() -> None:
    for name in ("octy.service", "Dockerfile", "compose.yml"):
        assert set(re.findall(r"\bOCTY_[A-Z_]+", (OPS / name).read_text())) <= SETTINGS, name


def test_what_is_pinned_by_digest_is_what_is_pinned() -> None:
    """A server's parts are those that all tests ran with."""
    pinned, by_digest = ((ROOT / "requirements" / name).read_text() for name in ("run.txt", "server.txt"))
    pins = set(re.findall(r"^[\w.\[\],-]+==\S+", pinned, re.MULTILINE))
    assert len(pins) > 1
    assert set(re.findall(r"^[\w.\[\],-]+==\S+", by_digest, re.MULTILINE)) == pins
    assert by_digest.count(" \\\n") >= len(pins), "each has a digest"
