"""Does a pinned requirement of the server have a vulnerability that is known? Asks the index, where that answers.

Exit code 1 only where one is known: a machine without a way to an index can run the checks all the same.
"""

import json
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent.parent / "requirements" / "run.txt"
SECONDS_MAX = 30


def main() -> int:
    """Tells of each vulnerability, and of how many requirements nothing could be learnt."""
    tool = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    command = [*tool, "--timeout", "5", "--format", "json", "--requirement", str(REQUIREMENTS)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False).stdout  # noqa: S603
        requirements = json.loads(said)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        print("pip-audit: no index answered; nothing is known of vulnerabilities.")
        return 0
    unknown = sum("vulns" not in one for one in requirements)
    print(f"pip-audit: {len(requirements)} requirements looked up, {unknown} of them unknown to the index.")
    known = [(one, vulnerability) for one in requirements for vulnerability in one.get("vulns", ())]
    for one, vulnerability in known:
        mended = ", ".join(vulnerability["fix_versions"]) or "no version yet"
        print(f"{one['name']} {one['version']}: {vulnerability['id']}, mended in {mended}")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
