"""`octy check`: is everything in the data folder as it must be?"""

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from octy.server.telling import Progress, counted, tell, tell_numbers
from octy.service.checking.check import check_folder
from octy.service.checking.findings import Difference, Findings


def run(folder: Path, *, as_json: bool) -> bool:
    """Tells what was looked at and what is wrong; whether nothing is."""
    with Progress() as progress:
        findings = check_folder(folder, progress)
    if as_json:
        print(json.dumps(msgspec.to_builtins(_report(folder, findings))))  # pure ASCII, for terminals
    else:
        show(folder, findings)
    return findings.is_clean


def show(folder: Path, findings: Findings) -> None:
    """Numbers, then a line for each difference."""
    tell([f"Checked {folder}:"])
    tell_numbers(findings.checked)
    tell(findings.differences)
    tell(untold(findings))
    total = findings.by_kind.total()
    tell([f"{counted(total, 'difference')}." if total else "Everything is as it must be."])


def untold(findings: Findings) -> list[str]:
    """What is left where there are too many differences of a kind to tell all."""
    told: Mapping[str, list[Difference]] = {
        kind: [one for one in findings.differences if one.what == kind] for kind in findings.by_kind
    }
    left = {kind: findings.by_kind[kind] - len(told[kind]) for kind in findings.by_kind}
    return [f"{kind}: and {counted(count, 'more difference')} of this kind" for kind, count in left.items() if count]


def _report(folder: Path, findings: Findings) -> dict[str, object]:
    return {
        "data_folder": str(folder),
        "is_clean": findings.is_clean,
        "checked": dict(findings.checked),
        "differences_total": findings.by_kind.total(),
        "differences_by_kind": dict(findings.by_kind),
        "differences": findings.differences,
    }
