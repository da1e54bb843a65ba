"""`python -m bench.peers`: the comparison alone, of any size; with `--check`, everybody against the plain reference."""

import argparse

from rich.console import Console

from bench.history import EVENTS, PROFILES, history
from bench.peers.comparing import SEGMENTS, check, compare


def main() -> None:
    parser = argparse.ArgumentParser(description="Past segments over a long history, by Octy and by column stores.")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--profiles", type=int, default=PROFILES)
    parser.add_argument("--segments", type=int, nargs="+", default=SEGMENTS)
    parser.add_argument("--check", action="store_true", help="compare with the plain reference over a small history")
    wanted = parser.parse_args()
    console = Console(width=140)
    console.print(check() if wanted.check else compare(history(wanted.events, wanted.profiles), wanted.segments))


if __name__ == "__main__":
    main()
