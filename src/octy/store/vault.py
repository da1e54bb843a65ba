"""The key beside the database: what must not be read from a copy of the database alone is sealed with it.

AES-256-GCM, with a nonce for each text and the owner's name bound to it, so that nobody's sealed text passes for
another's.
"""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from octy.model.errors import StoreError
from octy.store.durable import sync_folder

KEY_FILE = "webhook.key"
KEY_BYTES = 32
NONCE_BYTES = 12


class Vault:
    """Seals and opens with one key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, owner: str) -> bytes:
        """The text, which only this vault opens, and only for this owner."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, owner.encode())

    def open(self, sealed: bytes, owner: str) -> bytes:
        """The text again. ValueError where it was sealed with another key, or for somebody else."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner.encode())
        except (InvalidTag, ValueError):  # ValueError: too short to be anything sealed
            raise ValueError("sealed with another key") from None


def vault_in(folder: Path) -> Vault:
    """The folder's vault; its key is made where there is none. StoreError where the key cannot be one."""
    path = folder / KEY_FILE
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = _new_key(path)
    if len(key) != KEY_BYTES:
        raise StoreError(f"{KEY_FILE} holds {len(key)} bytes, and a key has {KEY_BYTES}; put it back from a backup")
    return Vault(key)


def _new_key(path: Path) -> bytes:
    """On disk under its name only when whole: half a key would lock everything up."""
    key = secrets.token_bytes(KEY_BYTES)
    half = path.with_suffix(".new")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, key)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    half.rename(path)
    sync_folder(path.parent)
    return key
