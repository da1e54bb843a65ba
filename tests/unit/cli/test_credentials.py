"""Where `auth` keeps the secret key: in the keychain if there is a usable one, else in a file of one's own."""

import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as FailingKeyring
from keyring.backends.null import Keyring as ForgetfulKeyring

from octy.cli.credentials import Remembered, recall, remember, secret_key_of

BROKEN: type[KeyringBackend] = FailingKeyring


class MemoryKeyring(KeyringBackend):
    """A keychain that works."""

    priority = 1

    def __init__(self) -> None:
        self.secrets: dict[tuple[str, str], str] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.secrets[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        return self.secrets.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        del self.secrets[service, username]


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    before = keyring.get_keyring()
    yield tmp_path / "octy" / "cli.json"
    keyring.set_keyring(before)


def test_a_working_keychain_keeps_the_secret_and_the_file_does_not(file: Path) -> None:
    keychain = MemoryKeyring()
    keyring.set_keyring(keychain)
    assert remember("pk", "sk", "http://here") == "the OS keychain"
    assert keychain.secrets == {("octy-cli", "pk"): "sk"}
    assert b"sk" not in file.read_bytes()
    assert recall() == Remembered("pk", None, "http://here")
    assert secret_key_of(Remembered("pk")) == "sk"


@pytest.mark.parametrize("keychain", [FailingKeyring, ForgetfulKeyring])
def test_without_a_usable_keychain_the_file_keeps_it_for_its_owner_alone(
    file: Path, keychain: type[KeyringBackend]
) -> None:
    keyring.set_keyring(keychain())
    assert remember("pk", "sk", None) == str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    remembered = recall()
    assert remembered == Remembered("pk", "sk", None)
    assert remembered is not None
    assert secret_key_of(remembered) == "sk"


def test_a_file_that_others_could_read_is_replaced_by_one_that_they_cannot(file: Path) -> None:
    keyring.set_keyring(BROKEN())
    file.parent.mkdir()
    file.write_text('{"public_key": "old", "url": "http://here"}')
    file.chmod(0o644)
    remember("pk", "sk", None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert recall() == Remembered("pk", "sk", "http://here")
    assert [path.name for path in file.parent.iterdir()] == ["cli.json"]


def test_a_keychain_that_lost_the_secret_gives_none() -> None:
    keyring.set_keyring(MemoryKeyring())
    assert secret_key_of(Remembered("pk")) is None


def test_before_the_first_auth_nothing_is_remembered() -> None:
    assert recall() is None
