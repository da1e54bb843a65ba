"""200 YAML files that want to break in, blow up or mean something else: refused with line and column, nothing sent,
nothing run, at once (C29).
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import OctyServer

FILES = 200
CPU_SECONDS_MAX = 1.0
MORE_BYTES_MAX = 100_000_000
SEGMENT = """kind: segments
segmentDefinitions:
- segmentName: {name}
  segmentType: {type}
  segmentSubtype: {sub_type}
  segmentTimeframe: {days}
  eventSequence:
  - {{eventType: view, actionInaction: action, expTimeframe: 0}}
"""
GOOD = {"name": "a", "type": "live", "sub_type": "1", "days": "0"}
CODE = [
    "!!python/object/apply:os.system ['touch {ran}']",
    "!!python/object/new:subprocess.Popen [['touch', '{ran}']]",
    "!!python/name:os.system",
    "!!python/module:os",
    "!!python/object/apply:builtins.open ['{ran}', 'w']",
    "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch {ran}']",
    "!!binary c2VjcmV0",
    "!!set {{a, b}}",
    "!!omap [a: 1]",
    "!ENV ${{HOME}}",
    "!include /etc/passwd",
]
WORDS_OF_YAML_1_1 = [
    "no",
    "off",
    "yes",
    "y",
    "12:30:45",
    "190:20:30",
    "0o7_7",
    "1_000",
    "0b101",
    "2024-01-01",
    ".5e",
    "=",
    "<<",
]
"""In YAML 1.1 most of them are numbers or booleans; here they are the texts that they look like."""


def bomb(levels: int, width: int) -> str:
    """Aliases of aliases: `width ** levels` values."""
    lines = ["kind: segments", f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def hostile(ran: Path) -> Iterator[str | bytes]:
    """The same files in the same order. No code in them has run while there is no file `ran`."""
    for levels in range(2, 32):
        yield bomb(levels, 9)
    for tag in CODE:
        code = tag.format(ran=ran)
        yield from (
            f"{code}\n",
            f"kind: {code}\n",
            f"kind: segments\nsegmentDefinitions:\n- {code}\n",
            f"? {code}\n: 1\n",
        )
    for merge in ("<<: *a", "<<: [*a, *b]", "b: &b {<<: *a}", "*a : 1", "&a a: *a", "- &a [*a]"):
        yield f"kind: segments\nx: &a {{y: 1}}\n{merge}\n"
    for depth in (33, 1_000, 100_000):
        yield from ("a: " + "[" * depth, "{a: " * depth, "- " * depth, "? " * depth, "[" * depth + "]" * depth)
    long = "x" * 50_000_000
    yield from (f"a: {long}", f'a: "{long}"', "a: |\n" + " x\n" * 12_000_000, f"# {long}")
    yield from ("kind: segments\nkind: segments\n", "kind: segments\nx: {a: 1, 'a': 2}\n", "a: 1\n? a\n: 2\n")
    yield from ("kind: segments\n\tx: 1\n", "kind:\tsegments\n\t- 1\n", "x:\n  - 1\n\t- 2\n", "\t\n")
    for word in WORDS_OF_YAML_1_1:
        yield SEGMENT.format(**GOOD | {"days": word})
        yield SEGMENT.format(**GOOD | {"sub_type": word})
    for number in ("1e999", ".inf", "-.INF", ".nan", "9" * 20, "9" * 40, "0x" + "f" * 40, "1.5", '"0"'):
        yield SEGMENT.format(**GOOD | {"days": number})
    for name in ('"\\0"', '"\\ud800"', '"\\UFFFFFFFF"', "x" * 129, "''"):
        yield SEGMENT.format(**GOOD | {"name": name})
    yield from (
        b"\xff\xfe\0k",
        b"kind: \xff\n",
        b"\0",
        b"%PDF-1.7\n",
        b"kind: a\n\x1b[2J: 1\n",
        b"%YAML 9.9\n---\na: no\n",
    )
    chance = random.Random(29)
    while True:
        text = SEGMENT.format(**GOOD)
        at = chance.randrange(len("kind: segments\n"), len(text))
        yield text[:at] + chance.choice(["&a ", "*a ", "!!x ", "{", "[", "\t: ", '"', "? - "]) + text[at:] + "x: [\n"


def test_two_hundred_hostile_files_are_refused_at_once(shell: Shell, server: OctyServer, tmp_path: Path) -> None:
    """In this process; each once by `validate` and, of every tenth, by `apply`."""
    shell.run("validate", "-f", "none.yml")  # what is imported is imported
    ran = tmp_path / "ran"
    for number, content in zip(range(FILES), hostile(ran), strict=False):
        shell.file("bad.yml", content)
        began = time.thread_time()
        result = shell.run("validate" if number % 10 else "apply", "-f", "bad.yml")
        seconds = time.thread_time() - began
        assert result.exit_code == 1, (number, content[:200], result.stdout)
        assert result.stderr.startswith("bad.yml:"), (number, content[:200], result.stderr)
        assert result.stderr.split(":")[1].isdigit(), (number, result.stderr)
        assert result.stderr.isprintable() or result.stderr.replace("\n", "").isprintable()
        assert seconds < 2 * CPU_SECONDS_MAX, (number, content[:200])
    assert server.requests == []
    assert not ran.exists()


MEASURING = """
import resource, sys
from octy.cli.main import main
sys.argv = ["octy-cli", "validate", "-f", sys.argv[1]]
try:
    main()
except SystemExit as end:
    code = end.code
used = resource.getrusage(resource.RUSAGE_SELF)
print(code or 0, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)
"""


def measured(shell: Shell, name: str) -> tuple[int, int, float]:
    """The exit code of a real process, its most memory in bytes, and its seconds of CPU."""
    environment = {key: value for key, value in shell.environment.items() if value is not None}
    command = [sys.executable, "-c", MEASURING, name]
    ended = subprocess.run(
        command, cwd=shell.folder, env=os.environ | environment, capture_output=True, text=True, check=True
    )
    code, most, seconds = ended.stdout.splitlines()[-1].split()
    return int(code), int(most), float(seconds)


def test_the_worst_of_them_take_a_real_process_little_more_than_a_good_one(shell: Shell) -> None:
    shell.file("good.yml", SEGMENT.format(**GOOD))
    code, usual, usual_seconds = measured(shell, "good.yml")
    assert code == 0
    for content in (bomb(30, 9), "a: " + "x" * 50_000_000, "- " * 100_000):
        shell.file("bad.yml", content)
        code, most, seconds = measured(shell, "bad.yml")
        assert code == 1
        assert most - usual < MORE_BYTES_MAX
        assert seconds - usual_seconds < CPU_SECONDS_MAX


@pytest.mark.parametrize("word", WORDS_OF_YAML_1_1[:-1])
def test_norway_is_no_boolean(shell: Shell, word: str) -> None:
    """Where a text is wanted, it is the text that stands there."""
    shell.file("good.yml", SEGMENT.format(**GOOD | {"name": word}))
    assert shell.run("validate", "-f", "good.yml").exit_code == 0
