"""What does `octy-cli auth` remember, and where?

The secret key goes into the keychain of the operating system; where there is no usable one, into the file that also
holds the address and the public key: `octy/cli.json` in the user's configuration folder, readable by the user alone.
"""

import contextlib
import os
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

from octy.cli.failures import LinesRefused

KEYCHAIN_SERVICE = "octy-cli"


class Remembered(Struct, frozen=True):
    """What a former `auth` stored."""

    public_key: str
    secret_key: str | None = None
    """None: it is in the keychain, under the public key."""
    url: str | None = None


def remember(public_key: str, secret_key: str, url: str | None) -> str:
    """Stores the credentials; returns where the secret key went, in words."""
    former = recall()
    kept_url = url or (former.url if former else None)
    in_keychain = _put_into_keychain(public_key, secret_key)
    _write(Remembered(public_key, None if in_keychain else secret_key, kept_url))
    return "the OS keychain" if in_keychain else str(_path())


def recall() -> Remembered | None:
    """What is stored, without a look into the keychain; None before the first `auth`."""
    path = _path()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Remembered)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LinesRefused([f"{path}: {error.strerror or error}"]) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise LinesRefused([f"{path}: not what `octy-cli auth` writes; run it again, or remove the file"]) from None


def secret_key_of(remembered: Remembered) -> str | None:
    """The secret key, from wherever it is; None if the keychain no longer has it."""
    if remembered.secret_key is not None:
        return remembered.secret_key
    return _get_from_keychain(remembered.public_key)


def _path() -> Path:
    from typer import get_app_dir

    return Path(get_app_dir("octy")) / "cli.json"


def _write(remembered: Remembered) -> None:
    """Replaces the file at once, so that it is never half written nor, for an instant, readable by others."""
    path = _path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent)  # of mode 0600
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(remembered))
        Path(name).replace(path)
    except OSError as error:
        raise LinesRefused([f"{path}: {error.strerror or error}"]) from None


def _put_into_keychain(public_key: str, secret_key: str) -> bool:
    """Whether the keychain took it and gives it back: some take everything and keep nothing."""
    with contextlib.suppress(Exception):  # a keychain is a plug-in, and each raises errors of its own
        import keyring

        keyring.set_password(KEYCHAIN_SERVICE, public_key, secret_key)
    return _get_from_keychain(public_key) == secret_key


def _get_from_keychain(public_key: str) -> str | None:
    with contextlib.suppress(Exception):
        import keyring

        return keyring.get_password(KEYCHAIN_SERVICE, public_key)
    return None
