"""What is different each time, and yet shown: ids, keys and addresses, under names that stay, and sizes, roughly."""

import re
from collections.abc import Mapping

_MADE_UP = re.compile(
    r"\b(profile|segment|custom_event_type|event|msg|dataset|training|pk|sk)_((?=[\w-]*\d)[0-9a-zA-Z_-]{8,}[0-9a-zA-Z])"
)
_SECRET = re.compile(r"\bwhsec_[0-9a-zA-Z+/]+=*")
_FILE_SIZE = re.compile(r"(\bbytes in dataset files +\d+),\d{3}\b")
"""Ids are of chance, and compressed."""


class Steady:
    """Says the same of each session; `replaced` are addresses and the like, with what stands for them."""

    def __init__(self, replaced: Mapping[str, str]) -> None:
        self._replaced = replaced
        self._names: dict[str, str] = {}

    def said(self, text: str) -> str:
        """The text with the names that stay."""
        for found, stands in self._replaced.items():
            text = text.replace(found, stands)
        text = _FILE_SIZE.sub(r"\1,…", _SECRET.sub("whsec_…", text))
        for kind, made_up in _MADE_UP.findall(text):
            self._names.setdefault(made_up, f"{len(self._names) + 1:03}")
            whole, stays = f"{kind}_{made_up}", f"{kind}_{self._names[made_up]}"
            text = text.replace(f"{whole}  ", f"{stays:<{len(whole)}}  ")  # in a table, the columns stay too
            text = text.replace(whole, stays)
        return text
