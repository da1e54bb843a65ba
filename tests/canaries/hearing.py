"""What a process of tests has said in confidence, and what the product has said since, test by test."""

import ast
import base64
import binascii
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import octy

PERSONAL_FIELDS = {
    *("profile_data", "platform_info", "event_properties", "properties", "customer_id", "message_id", "webhook_url"),
    *("contact_name", "contact_surname", "contact_email_address", "item_name", "item_description"),
}
SECRET_CHARS_MIN, PERSONAL_CHARS_MIN = 7, 8
"""What is shorter is somewhere in a log by chance."""
STORED_FILES = ("octy.db", "octy.db-wal")

_BY_CHANCE = re.compile(r"[\d\s:.,TZ+-]+|(event|profile|custom_event_type|segment)_[0-9a-f-]+")
"""Instants and numbers, which a log is full of, and the ids that Octy itself gives."""
_SOURCES = Path(octy.__file__).parent


class Canaries:
    """What this process has heard, and the folder in which it keeps what the product said, test by test."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._folder = folder
        self._worker = worker
        self._names = count()
        self._tests: list[str] = ["before the first test"]
        self._secrets: set[str] = set()
        self._personal: set[str] = set()
        self._secrets_of_test: set[str] = set()
        self._in_stores: list[str] = []

    # What is said in confidence

    def hear_secret(self, *secrets: str) -> None:
        """A secret, in each form that it has."""
        new = {one for one in secrets if len(one) >= SECRET_CHARS_MIN}
        self._secrets |= new
        self._secrets_of_test |= new

    def hear_webhook_secret(self, encoded: str) -> None:
        """What webhooks are signed with."""
        with suppress(binascii.Error):
            self.hear_secret(encoded, base64.b64decode(encoded, validate=True).hex())

    def hear_authorization(self, header: str) -> None:
        """The header, and the secret key in it."""
        encoded = header.rpartition(" ")[2]
        with suppress(ValueError):
            _, is_pair, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            if is_pair and secret.isascii():
                self.hear_secret(encoded, secret)

    def hear_personal(self, content: object, *, is_personal: bool = False) -> None:
        """Each text of a field that holds what is a customer's."""
        self._personal.update(
            text
            for text in _texts(content, is_personal=is_personal)
            if len(text) >= PERSONAL_CHARS_MIN and not _BY_CHANCE.fullmatch(text)
        )

    # What the product says

    def keep(self, kind: str, said: str | bytes) -> None:
        """A line of the log, the body of an error, …"""
        content = said.encode(errors="backslashreplace") if isinstance(said, str) else said
        with (self._folder / "said" / f"{self._here}.{kind}").open("ab") as file:
            file.write(content.rstrip(b"\n") + b"\n")

    def keep_file(self, kind: str, path: Path) -> None:
        """A file that the product goes on writing to, and that its test may remove."""
        (self._folder / "said" / f"{self._here}.{next(self._names)}.{kind}").hardlink_to(path)

    @property
    def _here(self) -> str:
        return f"{self._worker}-{len(self._tests) - 1}"

    # The tests

    def begin(self, test: str) -> None:
        """What is said from now on is this test's."""
        self._tests.append(test)
        self._secrets_of_test = set()

    def search_stores(self, folder: Path) -> None:
        """Databases, their logs and backups may hold no secret of the test's in clear."""
        secrets = [one.encode() for one in self._secrets_of_test]
        for path in (one for name in STORED_FILES for one in folder.rglob(name)) if secrets else ():
            content = path.read_bytes()
            found = [one.decode() for one in secrets if one in content]
            self._in_stores += [f"{self._tests[-1]}: {one} in {path.name}" for one in found]

    def write(self) -> None:
        """For the search at the end."""
        for name, lines in {
            "tests": self._tests,
            "secrets": self._secrets,
            "personal": self._personal - words_of_the_product(),
            "stores": self._in_stores,
        }.items():
            text = json.dumps(sorted(lines) if isinstance(lines, set) else lines)
            (self._folder / f"{self._worker}.{name}").write_text(text)


def words_of_the_product() -> set[str]:
    """Texts that its sources hold. Hypothesis draws from these where any text will do, and the log has them anyway."""
    trees = (ast.parse(path.read_bytes()) for path in _SOURCES.rglob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {node.value for node in nodes if isinstance(node.value, str)}


def _texts(content: object, *, is_personal: bool) -> Iterator[str]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _texts(value, is_personal=is_personal or name in PERSONAL_FIELDS)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _texts(value, is_personal=is_personal)
    elif is_personal and isinstance(content, str):
        yield content
