"""The search at the end of all tests (C31) finds what it is there to find, and names the test."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFTEST = """
import pytest
from tests import canaries

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    canaries.watch(config)
"""
HELPERS = """
import base64
import logging

import httpx
import structlog
from structlog.testing import capture_logs

from tests import canaries

log = structlog.get_logger()

def ask(name, status=200, text="", path="/"):
    '''A request with keys and a customer of that name, and its answer.'''
    body = {"profiles": [{"profile_data": {"mail": f"{name}@shop.example"}}]}
    keys = base64.b64encode(f"pk:sk_canary_{name}".encode()).decode()
    answer = httpx.Response(status, text=text)
    with httpx.Client(transport=httpx.MockTransport(lambda _: answer)) as client:
        client.post(f"http://octy{path}", json=body, headers={"Authorization": f"Basic {keys}"})
    return keys
"""
LEAKS = """
def test_key(): ask("key"); log.debug("went.wrong", reason="no such key: sk_canary_key")
def test_header(): log.info("came.in", header=ask("header"))
def test_mail():
    ask("mail")
    with capture_logs():
        try:
            raise KeyError("mail@shop.example")
        except KeyError:
            log.exception("went.wrong")
def test_library(): ask("library"); logging.getLogger("uvicorn").warning("what is library@shop.example?")
def test_refusal(): ask("refusal", 401, "no such key: sk_canary_refusal")
def test_metrics(): ask("metrics", text='octy_profiles{of="metrics@shop.example"} 1', path="/metrics")
def test_webhook():
    ask("webhook", text='"whsec_c2VjcmV0c2VjcmV0c2VjcmV0"')
    log.info("signed", key="c2VjcmV0c2VjcmV0c2VjcmV0")
def test_store(tmp_path): ask("store"); (tmp_path / "octy.db").write_text("sk_canary_store")
def test_server(tmp_path):
    ask("server")
    (tmp_path / "err").write_text("")
    canaries.keep_log_of("octy", tmp_path / "err")
    (tmp_path / "err").write_text("server@shop.example")
def test_spans(): ask("spans"); canaries.keep_spans(b"\\x0b spans@shop.example")
"""
NO_LEAKS = """
def test_refusal_that_names_what_was_found(): ask("found", 400, "found found@shop.example")
def test_words_of_our_own(): ask("own"); log.info("went.well", reason="own goals")
def test_a_customer_who_has_a_word_of_the_product():
    body = {"profiles": [{"profile_data": {"mood": "Unavailable"}}]}
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        client.post("http://octy/", json=body)
    log.info("went.wrong", error="Unavailable")
def test_command(tmp_path):
    ask("command")
    (tmp_path / "err").write_text("found command@shop.example")
    canaries.keep_log_of("octy-cli", tmp_path / "err")
"""


def run(folder: Path, tests: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """Tests in a folder of their own."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_them.py").write_text(HELPERS + tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), *options]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    return subprocess.run(
        [*command, str(folder)], check=False, cwd=folder, env=environment, capture_output=True, text=True
    )


def test_every_leak_fails_the_run_with_the_test_s_name(tmp_path: Path) -> None:
    """And nothing else does. Heard in two processes, searched for in a third."""
    ended = run(tmp_path, LEAKS + NO_LEAKS, "-n", "2")
    leaks = [line for line in ended.stdout.splitlines() if line.startswith("LEAK: ")]
    named = {line.partition("::test_")[2].partition(":")[0] for line in leaks}
    assert named == set(re.findall(r"def test_(\w+)", LEAKS)), ended.stdout
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout
    assert "14 passed" in ended.stdout


def test_what_is_no_leak_fails_nothing(tmp_path: Path) -> None:
    ended = run(tmp_path, NO_LEAKS)
    assert ended.returncode == pytest.ExitCode.OK, ended.stdout
    assert "canaries: 6 secrets and 4 personal texts sought in error, log: none found" in ended.stdout
