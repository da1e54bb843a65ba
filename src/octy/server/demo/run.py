"""`octy demo`: plays the shop's six months and shows what came of them."""

import signal
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.rule import Rule

from octy.server.demo.processes import PUBLIC_KEY, SECRET_KEY, Server
from octy.server.demo.receiver import Receiver
from octy.server.demo.replay import END, START, Replay, Story
from octy.server.demo.story import hero, story_table
from octy.server.demo.summary import live_table, past_table, weeks_between

WIDTH_MAX = 120
EVENTS_OF_ONE_MAX = 1000


def run(*, keep: bool, port: int) -> None:
    """Shows everything on the terminal; with `keep` the server stays until Ctrl-C."""
    console = Console(highlight=False, width=min(Console().width, WIDTH_MAX) if Console().is_terminal else WIDTH_MAX)
    console.print("[bold]Octy demo[/bold]: six months of a shop's clickstream, 31,106 events of 600 customers.")
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C does, so that no server is left behind
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="octy-demo-") as name:
        receiver = Receiver()
        console.print("[bold]$ octy serve --sandbox --clock 2024-01-01T00:00:00Z[/bold]")
        server = Server(Path(name) / "data", port, START)
        try:
            server.start()
            console.print(f"  serving on {server.url}; a webhook receiver listens on {receiver.url}")
            story = Replay(server, receiver, Path(name), console.print).run()
            _show(console, server, receiver, story)
            _next_steps(console, server, keep=keep)
            if keep:
                server.wait()
        except KeyboardInterrupt:
            console.print("\nThe demo ends; nothing of it is kept.")
        finally:
            server.stop()
            receiver.close()


def _show(console: Console, server: Server, receiver: Receiver, story: Story) -> None:
    start, end = (datetime.fromisoformat(text).astimezone(UTC) for text in (START, END))
    console.print(Rule("what came of it"))
    console.print(live_table(story.segments, story.histories, receiver.by_segment()))
    console.print()
    console.print(past_table(story.segments, story.histories, weeks_between(start, end)))
    customer = hero(story.histories)
    found = server.get("/v1/retention/profiles/events", id=story.profile_ids[customer], limit=EVENTS_OF_ONE_MAX)
    console.print()
    console.print(f"[bold]One customer's story: {customer}[/bold]  (+ tag put on, ~ moved, - taken off, and why)")
    console.print(story_table(found["events"], story.histories[customer]))
    changes = sum(map(len, story.histories.values()))
    console.print(
        f"\n{story.events:,} events in {story.seconds:.1f} s, the CLI's own time included: "
        f"[bold]{story.events / story.seconds:,.0f} events per second[/bold]; {changes:,} tag changes, each at its "
        f"exact instant; {len(receiver.deliveries):,} webhooks."
    )


def _next_steps(console: Console, server: Server, *, keep: bool) -> None:
    if not keep:
        console.print("\nTo look around in it: [bold].venv/bin/octy demo --keep[/bold] leaves the server running.")
        return
    console.print(
        f"\nThe server stays on {server.url} until Ctrl-C. In another terminal:\n\n"
        f"  export OCTY_URL={server.url} OCTY_PUBLIC_KEY={PUBLIC_KEY} OCTY_SECRET_KEY={SECRET_KEY}\n"
        "  .venv/bin/octy-cli get segments\n"
        f"  curl -u {PUBLIC_KEY}:{SECRET_KEY} '{server.url}/v1/retention/profiles?segment_tag=mobile%20buyers'\n"
        f'  curl -u {PUBLIC_KEY}:{SECRET_KEY} {server.url}/v1/sandbox/clock -d \'{{"now": "2024-09-01T00:00:00Z"}}\'\n'
        f"  and the API's documentation: {server.url}/docs"
    )
