"""`octy-cli auth`, and what every other command makes of what it stored."""

import stat
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import PUBLIC_KEY, SECRET_KEY, OctyServer


@pytest.fixture
def newcomer(shell: Shell) -> Shell:
    """A user with nothing in the environment."""
    for variable in ("OCTY_URL", "OCTY_PUBLIC_KEY", "OCTY_SECRET_KEY"):
        shell.environment[variable] = None
    return shell


def stored(shell: Shell) -> Path:
    return shell.folder / "home" / ".config" / "octy" / "cli.json"


def test_the_keys_are_kept_in_a_file_of_ones_own_where_there_is_no_keychain(
    newcomer: Shell, server: OctyServer
) -> None:
    result = newcomer.run("--url", server.url, "auth", "-p", PUBLIC_KEY, "-s", SECRET_KEY)
    assert (result.exit_code, result.stdout) == (0, f"Set Octy credentials in {stored(newcomer)}\n")
    assert stat.S_IMODE(stored(newcomer).stat().st_mode) == 0o600
    assert stat.S_IMODE(stored(newcomer).parent.stat().st_mode) == 0o700
    assert newcomer.run("get", "segments").exit_code == 0  # with the stored address and keys


def test_wrong_keys_are_not_stored(newcomer: Shell, server: OctyServer) -> None:
    result = newcomer.run("auth", "--url", server.url, "-p", PUBLIC_KEY, "-s", "sk_wrong")
    assert result.exit_code == 1
    assert result.stderr == f"The server at {server.url} does not accept these keys: The keys are wrong.\n"
    assert not stored(newcomer).exists()


def test_a_later_auth_without_an_address_keeps_the_former_one(newcomer: Shell, server: OctyServer) -> None:
    newcomer.run("auth", "--url", server.url, "-p", PUBLIC_KEY, "-s", SECRET_KEY)
    assert newcomer.run("auth", "-p", PUBLIC_KEY, "-s", SECRET_KEY).exit_code == 0
    assert newcomer.run("get", "segments").exit_code == 0


def test_the_secret_key_can_come_from_stdin(newcomer: Shell, server: OctyServer) -> None:
    result = newcomer.run("auth", "--url", server.url, "-p", PUBLIC_KEY, stdin=f"{SECRET_KEY}\n")
    assert result.exit_code == 0
    assert newcomer.run("get", "segments").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("auth", "-p", PUBLIC_KEY),
        ("auth", "-p", "pk:with:colons", "-s", SECRET_KEY),
        ("auth", "-p", "", "-s", SECRET_KEY),
        ("auth", "-s", SECRET_KEY),
        ("auth", "-p", PUBLIC_KEY, "-s", SECRET_KEY, "--url", "localhost:8700"),
    ],
)
def test_what_cannot_be_keys_is_wrong_usage(newcomer: Shell, arguments: tuple[str, ...]) -> None:
    assert newcomer.run(*arguments).exit_code == 2


def test_without_credentials_a_command_says_how_to_get_them(newcomer: Shell, server: OctyServer) -> None:
    result = newcomer.run("get", "segments", "--url", server.url)
    assert result.exit_code == 1
    assert result.stderr.startswith("No credentials: run `octy-cli auth -p PUBLIC_KEY -s SECRET_KEY`, or set")
    assert server.requests == []


def test_the_environment_goes_before_what_was_stored(newcomer: Shell, server: OctyServer) -> None:
    newcomer.run("auth", "--url", server.url, "-p", PUBLIC_KEY, "-s", SECRET_KEY)
    newcomer.environment |= {"OCTY_PUBLIC_KEY": "pk_other", "OCTY_SECRET_KEY": "sk_other"}
    result = newcomer.run("get", "segments")
    assert result.exit_code == 1
    assert "does not accept these keys" in result.stderr


def test_half_a_pair_in_the_environment_is_wrong_usage(shell: Shell) -> None:
    shell.environment["OCTY_SECRET_KEY"] = None
    result = shell.run("get", "segments")
    assert result.exit_code == 2
    assert result.stderr.startswith("OCTY_PUBLIC_KEY is set, but OCTY_SECRET_KEY is not")


def test_a_spoilt_file_of_credentials_is_told_of(newcomer: Shell) -> None:
    stored(newcomer).parent.mkdir(parents=True)
    stored(newcomer).write_bytes(b"{\xff")
    result = newcomer.run("get", "segments")
    assert result.exit_code == 1
    assert "not what `octy-cli auth` writes" in result.stderr
    assert "Traceback" not in result.output
