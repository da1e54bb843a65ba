"""What must not be read from a copy of the database alone."""

from pathlib import Path

import pytest

from octy.model.errors import StoreError
from octy.store.folder import open_store
from octy.store.vault import KEY_FILE, vault_in


def test_what_is_sealed_is_opened_again_with_the_folders_key(tmp_path: Path) -> None:
    sealed = vault_in(tmp_path).seal(b"the secret", "account 1")
    assert b"secret" not in sealed
    assert vault_in(tmp_path).open(sealed, "account 1") == b"the secret"
    assert vault_in(tmp_path).seal(b"the secret", "account 1") != sealed


def test_only_its_owners_and_only_with_the_right_key(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    sealed = vault.seal(b"the secret", "account 1")
    for changed, owner in ((sealed, "account 2"), (sealed[:-1], "account 1"), (b"", "account 1")):
        with pytest.raises(ValueError, match="another key"):
            vault.open(changed, owner)
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(ValueError, match="another key"):
        vault_in(tmp_path).open(sealed, "account 1")


def test_the_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    vault_in(tmp_path)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_of_another_length_is_refused_with_words_that_help(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(StoreError, match=r"webhook\.key holds 5 bytes, and a key has 32; put it back from a backup"):
        open_store(tmp_path)
