"""`octy.client` against a real server: everything that the server does, and what becomes of tracked events."""

import asyncio
import hashlib
import re
import textwrap
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from octy.client import (
    AsyncOcty,
    BufferFull,
    EventDraft,
    EventTypeDraft,
    Item,
    NotThere,
    Octy,
    OctyError,
    ProfileDraft,
    ProfileUpdate,
    RequestRefused,
    SomeFailed,
    Tracking,
)
from octy.model.algorithms import AlgorithmConfiguration
from tests.acceptance.account import Account, step
from tests.acceptance.processes import KEYS, PUBLIC_KEY, SECRET_KEY, Machine, Server, wait_for

DOCS = Path(__file__).parents[2] / "docs" / "python-client.md"
NOT_OF_CLIENTS = {
    "/healthz",
    "/livez",
    "/readyz",
    "/metrics",
    "/v1/admin/application/versioning",
    "/v1/admin/application/resources/format",
}
"""What machines and the public clients ask."""
NEVER = 3600.0
"""An interval that no test lives to see the end of."""


@pytest.fixture(scope="module")
def server(shared_machine: Machine) -> Server:
    """A sandbox whose clock stands at today, in which each test adds customers of its own."""
    server = shared_machine.sandbox(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    Account(server).event_type("view", "page")
    return server


def client(server: Server, tracking: Tracking | None = None) -> Octy:
    unstamped = tracking or Tracking(is_stamped=False)
    return Octy(server.url, PUBLIC_KEY, SECRET_KEY, tracking=unstamped)


@pytest.fixture
def octy(server: Server) -> Iterator[Octy]:
    with client(server) as octy:
        yield octy


def pages_of(server: Server, profile_id: str) -> list[object]:
    """What the profile viewed, in the order of acceptance."""
    events = Account(server).events_of(profile_id)
    return [event["event_properties"]["page"] for event in reversed(events)]


def test_everything_that_the_server_does_is_a_method(server: Server, tmp_path: Path) -> None:
    asked: set[tuple[str, str]] = set()
    octy = client(server)
    octy._http.event_hooks["request"].append(lambda request: asked.add((request.method, request.url.path)))
    octy.authenticate()
    octy.configure(contact_name="Dana", webhook_url="https://127.0.0.1:1/octy")
    assert octy.account().account_data.contact_name == "Dana"
    octy.configure_algorithm(AlgorithmConfiguration("rec", True, ("i1",), ("plan",)))
    assert [one.configurations.profile_features for one in octy.algorithms()] == [["plan"]]
    created = octy.create_event_types([EventTypeDraft("search", ("term",)), EventTypeDraft("wish")])
    assert [one.event_type for one in octy.event_types([one.event_type_id for one in created])] == ["search", "wish"]
    assert octy.delete_event_types([created[1].event_type_id]) == [created[1].event_type_id]
    definition = {"segment_name": "searchers", "segment_type": "live", "segment_sub_type": 1, "segment_timeframe": 0}
    segment = octy.create_segment(definition | {"event_sequence": [step("search", term="boots")]})
    assert octy.segment(segment.segment_id).event_sequence[0].event_properties == {"term": "boots"}
    ana, *others = octy.create_profiles(ProfileDraft(f"all-{number}") for number in range(600))
    assert octy.update_profile(ana, {"plan": "gold"}).profile_data == {"plan": "gold"}
    assert octy.profile("all-0") == octy.profile(ana.profile_id)
    assert [one.profile.profile_exists for one in octy.metadata(["all-0", "nobody"])] == [True, False]
    event = octy.create_event(ana, "search", {"term": "boots"}, message_id="m1")
    again, other = octy.create_events(
        [EventDraft("search", ana.profile_id, {"term": "boots"}, None, "m1"), EventDraft("view", ana.profile_id)]
    )
    assert (again.event_id, again.duplicate, other.duplicate) == (event.event_id, True, False)
    assert [tag.segment_tag for tag in octy.profile("all-0").segment_tags or []] == ["searchers"]
    assert [(one.kind, one.event_id) for one in octy.tag_history(ana)] == [("created", event.event_id)]
    assert [one.event_type for one in octy.profile_events(ana)] == ["view", "search"]
    assert len(octy.export_profile(ana)["events"]) == 2
    assert [one.customer_id for one in octy.profiles(tag="searchers")] == ["all-0"]
    (item,) = octy.create_items([Item("i1", "shoes", "Boot", "", 1999)])
    assert octy.update_items([Item("i1", "shoes", "Boot", "warm", 1999)])[0] != item
    assert [one.item_description for one in octy.items()] == ["warm"]
    (delivery,) = octy.deliveries(profile_id=ana.profile_id)
    assert octy.delivery(delivery.delivery_id).delivery.segment_id == segment.segment_id
    assert octy.replay_delivery(delivery.delivery_id).delivery_id == delivery.delivery_id
    assert octy.replay_deliveries(state="delivered") == 0
    assert list(octy.digested_changes(delivery.delivery_id)) == []  # it is no digest
    with pytest.raises(OctyError):
        octy.release_webhooks(segment.segment_id)  # they have not stopped
    assert octy.send_test_webhook().event == "webhook.test"
    assert octy.enable_webhooks().enabled
    former = octy.webhook_secrets()
    assert octy.rotate_webhook_secret(1)[1].secret == former[0].secret
    assert octy.move_clock(octy.clock() + timedelta(days=1)) == octy.clock()
    dataset = octy.dataset_ended(octy.request_dataset(label="churn:1d").dataset_id)
    assert (dataset.status, dataset.rows, dataset.segment_ids) == ("completed", 600, [segment.segment_id])
    octy.download_dataset(dataset.dataset_id, tmp_path / "all.parquet")
    assert hashlib.sha256((tmp_path / "all.parquet").read_bytes()).hexdigest() == dataset.sha256
    assert octy.delete_datasets([dataset.dataset_id]) == [dataset.dataset_id]
    assert list(octy.datasets()) == []
    assert octy.delete_segments([segment.segment_id]) == [segment.segment_id]
    assert octy.restore_segments([segment.segment_id]) == [segment.segment_id]
    assert list(octy.purge_receipts()) == []
    training = octy.start_training()
    assert [one.training_job_id for one in octy.trainings()] == [training.training_job_id]
    with pytest.raises(OctyError):
        octy.churn_report()  # no training has come to its end
    assert len(octy.delete_profiles(one.profile_id for one in (ana, *others))) == 600
    octy.configure(webhook_url="")
    octy.close()
    offered = {
        (method.upper(), re.sub(r"\{.*?\}", "ID", path))
        for path, methods in httpx.get(f"{server.url}/openapi.json").json()["paths"].items()
        for method in methods
        if path not in NOT_OF_CLIENTS
    }
    asked = {(method, re.sub(r"msg_\w+", "ID", path)) for method, path in asked}
    assert offered - asked == set()


def test_many_objects_are_sent_in_parts_and_all_failures_told(octy: Octy) -> None:
    octy.create_profile("many-7")
    with pytest.raises(SomeFailed) as caught:
        octy.create_profiles([*(ProfileDraft(f"many-{number}") for number in range(1001)), ProfileDraft("")])
    assert [one.index for one in caught.value.failed] == [7, 1001]
    assert "many-7" in caught.value.failed[0].reason
    assert len(caught.value.done) == 1000


def test_an_iterator_goes_on_from_page_to_page(octy: Octy) -> None:
    made = octy.create_profiles(ProfileDraft(f"page-{number}") for number in range(1100))
    ids = [one.profile_id for one in octy.profiles()]
    assert len(ids) == len(set(ids))
    assert {one.profile_id for one in made} <= set(ids)
    asked = [f"page-{number}" for number in range(150)]
    assert [one.customer_id for one in octy.profiles(ids=[*asked, "nobody"])] == asked


def test_errors_say_what_the_server_said(octy: Octy) -> None:
    with pytest.raises(RequestRefused) as caught:
        octy.create_segment({"segment_name": "", "segment_type": "live", "segment_sub_type": 1})
    assert {"D1", "D11"} <= {line.rule for line in caught.value.lines}
    for absent in (lambda: octy.profile("nobody"), lambda: octy.segment("none"), lambda: octy.tag_history("nobody")):
        with pytest.raises(NotThere):
            absent()
    with pytest.raises(SomeFailed, match="nobody"):
        octy.update_profiles([ProfileUpdate(profile_id="nobody", profile_data={"plan": "gold"})])


def test_the_async_client_does_the_same(server: Server) -> None:
    async def story() -> list[str]:
        async with AsyncOcty(server.url, PUBLIC_KEY, SECRET_KEY, tracking=Tracking(is_stamped=False)) as octy:
            made = await octy.create_profiles(ProfileDraft(f"async-{number}") for number in range(3))
            await asyncio.gather(*(octy.create_event(one, "view", {"page": "p"}) for one in made))
            octy.track(made[0], "view", page="q")
            assert await octy.flush(60)
            with pytest.raises(NotThere):
                await octy.profile("nobody")
            assert {one.customer_id async for one in octy.profiles()} >= {"async-0", "async-1", "async-2"}
            return [one.profile_id for one in made]

    ids = asyncio.run(story())
    assert [pages_of(server, one) for one in ids] == [["p", "q"], ["p"], ["p"]]


def test_tracked_events_are_there_once_each_although_the_server_is_killed(machine: Machine) -> None:
    server = machine.serve()
    Account(server).event_type("view", "page")
    profiles = Account(server).profiles("ana", "bob")
    tracking = Tracking(events_per_batch=20, interval_seconds=0.01, events_max=100_000)
    octy = Octy(server.url, PUBLIC_KEY, SECRET_KEY, tracking=tracking)
    is_back = threading.Event()

    def track(profile_id: str) -> None:
        for number in range(3000):
            octy.track(profile_id, "view", page=number)
            if number == 2000:
                is_back.wait()

    threads = [threading.Thread(target=track, args=(one,)) for one in profiles]
    for thread in threads:
        thread.start()
    wait_for("some events", lambda: len(Account(server).events_of(profiles[0])) >= 200)
    server.kill()
    machine.serve("--port", str(server.port))
    is_back.set()
    for thread in threads:
        thread.join()
    assert octy.flush(300)
    octy.close()
    for profile_id in profiles:
        exported = Account(server).get("/v1/retention/profiles/export", id=profile_id)["events"]
        assert [event["event_properties"]["page"] for event in exported] == list(range(3000))


def test_a_full_buffer_is_told_of_and_takes_events_again_once_it_is_empty(server: Server) -> None:
    (ana,) = Account(server).profiles("full")
    tracking = Tracking(events_per_batch=4, events_max=4, interval_seconds=NEVER, exit_seconds=0.01)
    nowhere = Octy("http://127.0.0.1:1", PUBLIC_KEY, SECRET_KEY, tracking=tracking)
    for number in range(4):
        nowhere.track(ana, "view", page=number)
    with pytest.raises(BufferFull, match="4 tracked events wait"):
        nowhere.track(ana, "view", page="too many")
    nowhere.close()
    with pytest.raises(OctyError, match="closed"):
        nowhere.track(ana, "view", page="too late")

    refused: list[EventDraft] = []
    there = Tracking(events_per_batch=2, events_max=2, interval_seconds=NEVER, is_stamped=False, on_full=refused.append)
    with client(server, there) as octy:
        for number in range(100):
            octy.track(ana, "view", page=number)
        assert octy.flush(60)
        too_many = [(one.event_properties or {})["page"] for one in refused]
        kept = [number for number in range(100) if number not in too_many]
        assert too_many
        octy.track(ana, "view", page="room again")
    assert pages_of(server, ana) == [*kept, "room again"]


def test_what_the_server_refuses_is_handed_over_and_stops_nothing(server: Server) -> None:
    (ana,) = Account(server).profiles("refused")
    told: list[tuple[str, str]] = []

    def hand_over(event: EventDraft, reason: str) -> None:
        told.append((event.profile_id, reason))
        raise RuntimeError("the program's own fault")

    with client(server, Tracking(interval_seconds=NEVER, is_stamped=False, on_refused=hand_over)) as octy:
        octy.track("nobody", "view", page=1)
        octy.track(ana, "view", page=2)
        octy.flush(60)
        octy.track("nobody", "view", page=3)  # alone in its batch: the whole request is refused
        octy.flush(60)
        octy.track(ana, "view", page=4)
    assert pages_of(server, ana) == [2, 4]
    assert [who for who, _ in told] == ["nobody", "nobody"]
    assert all("profile_id: expected" in reason for _, reason in told)


def test_the_end_of_the_interpreter_flushes(machine: Machine, server: Server) -> None:
    (ana,) = Account(server).profiles("exit")
    program = f"""
        from octy.client import Octy, Tracking
        octy = Octy(tracking=Tracking(interval_seconds={NEVER}, is_stamped=False))
        for number in range(1200):
            octy.track({ana!r}, "view", page=number)
    """
    ended = machine.run("python3", "-c", textwrap.dedent(program), environment=KEYS | {"OCTY_URL": server.url})
    assert (ended.code, ended.stderr) == (0, "")
    exported = Account(server).get("/v1/retention/profiles/export", id=ana)["events"]
    assert [event["event_properties"]["page"] for event in exported] == list(range(1200))


def test_a_program_that_ends_without_an_answer_says_how_many_events_had_none(machine: Machine) -> None:
    program = """
        from octy.client import Octy, Tracking
        octy = Octy("http://127.0.0.1:1", "pk", "sk", tracking=Tracking(exit_seconds=0.2))
        octy.track("p", "view")
        told = Octy("http://127.0.0.1:1", "pk", "sk", tracking=Tracking(exit_seconds=0.2, on_unsent=print))
        told.track("p", "charged")
    """
    ended = machine.run("python3", "-c", textwrap.dedent(program))
    assert ended.code == 0
    assert "1 tracked events had no answer" in ended.stderr
    assert "event_type='charged'" in ended.stdout


def test_after_a_fork_each_process_sends_its_own_events_once(machine: Machine, server: Server) -> None:
    (ana,) = Account(server).profiles("fork")
    program = f"""
        import os
        from octy.client import Octy, Tracking
        with Octy(tracking=Tracking(interval_seconds={NEVER}, is_stamped=False)) as octy:
            octy.track({ana!r}, "view", page="before")
            if os.fork() == 0:
                octy.track({ana!r}, "view", page="child")
                assert octy.flush(60)
                os._exit(0)
            os.wait()
            octy.track({ana!r}, "view", page="parent")
    """
    ended = machine.run("python3", "-c", textwrap.dedent(program), environment=KEYS | {"OCTY_URL": server.url})
    assert (ended.code, ended.stderr) == (0, "")
    assert pages_of(server, ana) == ["child", "before", "parent"]


def test_the_documentation_runs(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (KEYS | {"OCTY_URL": server.url}).items():
        monkeypatch.setenv(name, value)
    blocks = re.findall(r"^```python\n(.*?)^```$", DOCS.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    world: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(DOCS), "exec"), world)
    shown = capsys.readouterr().out
    assert "window shoppers" in shown
    assert "customer-17" in shown
    assert "D1 segment_sub_type 5 1 or 2 for a live segment" in shown
    assert "The headers webhook-id and webhook-timestamp are missing" in shown
    assert len(blocks) > 8
    octy = world["octy"]
    assert isinstance(octy, Octy)
    octy.close()
