"""Every setting of `octy serve` by command line, environment and file; and where each value came from."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from octy.server.main import app, serve
from octy.server.settings import NOT_SHOWN, settings_of

DOCUMENTED = Path(__file__).parents[3] / "docs" / "settings.md"
TABLE = settings_of(serve)


def shown(*options: str, **environment: str) -> dict[str, tuple[Any, str]]:
    """What `octy config show` says: each setting's value and source."""
    result = CliRunner().invoke(app, ["config", "show", "--json", *options], env=environment)
    assert result.exit_code == 0, result.output
    return {one["setting"]: (one["value"], one["source"]) for one in json.loads(result.stdout)["settings"]}


def refused(file: Path, text: str) -> str:
    """What is said of a file."""
    file.write_text(text)
    result = CliRunner().invoke(app, ["config", "show", "--config", str(file)])
    assert result.exit_code == 2, result.output
    return result.stderr.splitlines()[-1].removeprefix("Error: Invalid value for --config: ")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "octy.toml"


def test_the_table_names_every_option_as_the_command_does() -> None:
    options = {one.name: one for one in get_command(app).commands["serve"].params}  # type: ignore[attr-defined]
    assert [(one.name, one.option in options[one.name].opts) for one in TABLE] == [
        (name, True) for name in options if name != "help"
    ]


def test_the_command_line_goes_before_the_environment_that_before_the_file_that_before_the_default(file: Path) -> None:
    file.write_text('port = 1\nwebhook_jitter = 0\naudit_share = 1\nallow_http_webhooks = true\nlog_level = "debug"\n')
    found = shown("--config", str(file), "--port", "3", OCTY_PORT="2", OCTY_WEBHOOK_JITTER="0.5")
    assert found["port"] == (3, "command line")
    assert found["webhook_jitter"] == (0.5, "environment: OCTY_WEBHOOK_JITTER")
    assert found["audit_share"] == (1.0, f"file: {file}")
    assert found["allow_http_webhooks"] == (True, f"file: {file}")
    assert found["log_level"] == ("debug", f"file: {file}")
    assert found["failures_per_minute"] == (10, "default")


@pytest.mark.parametrize("setting", [one for one in TABLE if one.kind in (bool, int, float)], ids=lambda one: one.name)
def test_every_number_and_flag_is_taken_from_the_environment_and_the_file_alike(setting: Any, file: Path) -> None:
    value = setting.kind(1 if setting.most is None else setting.most)
    if setting.variable is not None:
        assert shown(**{setting.variable: str(value)})[setting.name] == (value, f"environment: {setting.variable}")
    if setting.key is not None:
        file.write_text(f"{setting.key} = {json.dumps(value)}\n")
        assert shown(OCTY_CONFIG=str(file))[setting.name] == (value, f"file: {file}")


def test_the_secret_key_is_not_shown() -> None:
    found = shown(OCTY_PUBLIC_KEY="pk_a", OCTY_SECRET_KEY="sk_canary")
    assert found["public_key"] == ("pk_a", "environment: OCTY_PUBLIC_KEY")
    assert found["secret_key"] == (NOT_SHOWN, "environment: OCTY_SECRET_KEY")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = '8700'", 'port: expected a whole number from 0 to 65535; found "8700"'),
        ("port = 70000", "port: expected a whole number from 0 to 65535; found 70000"),
        ("port = true", "port: expected a whole number from 0 to 65535; found true"),
        ("audit_share = 2", "audit_share: expected a number from 0 to 1; found 2"),
        ("sandbox = 1", "sandbox: expected true or false; found 1"),
        ("host = 1", "host: expected a text; found 1"),
        ("log_level = 'loud'", 'log_level: expected "debug" or "info" or "warning" or "error"; found "loud"'),
        ("webhook_pauze = '5s'", "webhook_pauze: expected webhook_pauses; found an unknown setting"),
        ("config = 'other.toml'", 'config: expected nothing here: it names the file; found "other.toml"'),
        ("new_webhook_secrets = true", "found an unknown setting"),
        ("secret_key = 'sk_canary'", "secret_key: expected no key in a file; set OCTY_SECRET_KEY; found a key"),
        ("[port]\na = 1", "port: expected a whole number from 0 to 65535; found an object"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_file_and_key(text: str, said: str, file: Path) -> None:
    sentence = refused(file, text)
    assert sentence.startswith(f"{file}: ")
    assert sentence.endswith(said)
    assert "canary" not in sentence


def test_all_that_is_wrong_is_told_at_once(file: Path) -> None:
    assert refused(file, "port = -1\nhost = 1\n").count(str(file)) == 2


def test_a_file_that_is_no_toml_or_is_not_there(file: Path) -> None:
    assert "is no TOML" in refused(file, "port 1")
    assert refused(file, f"port = {'[' * 5000}{']' * 5000}") == f"{file} is too deep"
    result = CliRunner().invoke(app, ["serve", "--config", str(file.with_name("gone.toml"))])
    assert result.exit_code == 2
    assert "gone.toml cannot be read: No such file or directory" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--clock", "2024-01-01T00:00:00Z"),
        ("--sandbox", "--clock", "yesterday"),
        ("--webhook-pauses", "soon"),
        ("--trusted-proxies", "10.0.0.0/8, proxy"),
        ("--tls-key", "key.pem"),
        ("--otlp-endpoint", "collector"),
        ("--security-contact", "somebody"),
        ("--security-contact", "mailto:a@b.example\nContact: mailto:c@d.example"),
        ("--security-contact", "http://octy.example/security"),
        ("--job-niceness", "20"),
    ],
    ids=" ".join,
)
def test_what_serve_refuses_is_refused_in_the_same_words(options: tuple[str, ...], tmp_path: Path) -> None:
    served = _refusal(["serve", "--port", "0", "--data", str(tmp_path / "data"), *options])
    assert _refusal(["config", "show", *options]) == served  # a certificate's are in tests/acceptance
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("contact", ["mailto:security@octy.example", "https://octy.example/security", "tel:+1-201"])
def test_a_contact_is_a_uri(contact: str) -> None:
    assert shown("--security-contact", contact)["security_contact"] == (contact, "command line")


def _refusal(command: list[str]) -> str:
    """The sentence of a command that says nothing but why not."""
    result = CliRunner().invoke(app, command)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    return result.stderr.splitlines()[-1]


def test_the_documentation_s_table_is_the_command_s() -> None:
    rows = [
        f"| `{one.option}` | {_code(one.variable)} | {_code(one.key)} | {_default(one.default)} | {one.help} |"
        for one in TABLE
    ]
    documented = [line for line in DOCUMENTED.read_text().splitlines() if line.startswith("| `--")]
    assert documented == rows, "\n".join(rows)


def _code(text: str | None) -> str:
    return "" if text is None else f"`{text}`"


def _default(value: object) -> str:
    return "" if value is None or value is False else f"`{value}`"
