"""How do two things differ? Field by field for a glance, or line by line of their YAML."""

import io
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from octy.model.values import shown

Fields = Mapping[str, Any]


def field_differences(before: Fields, after: Fields) -> list[str]:
    """`eventSequence[0].expTimeframe: 30 -> 60` for each field that differs; of lists of scalars, what goes, comes."""
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    return [
        f"{path}: {_difference(old, new, path)}"
        for path in dict.fromkeys([*old, *new])
        if path not in old or path not in new or old[path] != new[path]
    ]


def line_differences(before: Fields | None, after: Fields | None) -> list[str]:
    """Every line of both, those that differ with `-` or `+` before them."""
    old, new = _lines(before), _lines(after)
    return list(unified_diff(old, new, lineterm="", n=max(len(old), len(new), 1)))[3:]


def yaml_text(value: object) -> str:
    """The value as a YAML document that a person would write; what is not printable is escaped."""
    from ruamel.yaml import YAML

    def dumped(*, allow_unicode: bool) -> str:
        text = io.StringIO()
        yaml.allow_unicode = allow_unicode
        yaml.dump(value, text)
        return text.getvalue()

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # ruamel does not type it
    yaml.width = 10_000
    text = dumped(allow_unicode=True)
    return text if all(line.isprintable() for line in text.splitlines()) else dumped(allow_unicode=False)


def _lines(value: Fields | None) -> list[str]:
    return yaml_text(value).splitlines() if value is not None else []


def _leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}".removeprefix("."))
    elif isinstance(value, list) and any(isinstance(inner, Mapping | list) for inner in value):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def _difference(old: Mapping[str, object], new: Mapping[str, object], path: str) -> str:
    before, after = old.get(path, []), new.get(path, [])
    if not isinstance(before, list) or not isinstance(after, list) or not (before or after):
        return f"{_shown(old, path)} -> {_shown(new, path)}"
    gone = [f"- {shown(one)}" for one in before if one not in after]
    come = [f"+ {shown(one)}" for one in after if one not in before]
    return ", ".join(gone + come) or "in another order"


def _shown(leaves: Mapping[str, object], path: str) -> str:
    return shown(leaves[path]) if path in leaves else "nothing"
