"""What time alone changes takes effect at its exact instant (T6), in a sandbox whose clock moves when told (T3)."""

from tests.acceptance.account import Account, Json, error_lines, messages, step
from tests.acceptance.processes import Machine


def shop(account: Account) -> str:
    """Two past segments and a live one, all of carts and payments; a customer."""
    account.event_type("cart", "page")
    account.segment("carts", "past", 1, step("cart"), days=7)
    account.segment("no payment", "past", 2, step("cart"), step("charged", "inaction"), days=7)
    account.segment("abandoned", "live", 2, step("cart", minutes=5), step("charged", "inaction"))
    return account.profiles("ana")[0]


def told(changes: list[Json]) -> list[tuple[str, str, str, str]]:
    """The history in short."""
    return [(one["kind"], one["segment_tag"], one["effective_at"][5:], one["cause"]) for one in changes]


def test_a_live_window_and_a_past_window_end_at_their_instants(machine: Machine) -> None:
    account = Account(machine.sandbox("2024-01-01T00:00:00Z"))
    ana = shop(account)
    account.happens("charged", ana, at="2024-01-01T08:00:00Z")
    account.happens("cart", ana, at="2024-01-01T12:00:00Z")
    assert set(account.tags_of(ana)) == {"carts"}
    account.move_clock("2024-01-01T12:04:59.999999Z")
    assert set(account.tags_of(ana)) == {"carts"}
    account.move_clock("2024-01-01T12:05:00Z")
    assert account.tags_of(ana)["abandoned"] == "Mon, 01 Jan 2024 12:05:00 GMT"
    account.move_clock("2024-01-08T07:59:59.999999Z")
    assert set(account.tags_of(ana)) == {"carts", "abandoned"}
    account.move_clock("2024-01-08T08:00:00Z")  # X + W <= n (P5): the payment leaves the window
    assert set(account.tags_of(ana)) == {"carts", "abandoned", "no payment"}
    account.move_clock("2024-01-08T11:59:59.999999Z")
    assert set(account.tags_of(ana)) == {"carts", "abandoned", "no payment"}
    account.move_clock("2024-01-08T12:00:00Z")  # S + W > n no longer (P5): so does the cart
    assert set(account.tags_of(ana)) == {"abandoned"}


def test_one_long_step_of_the_clock_records_each_change_at_its_own_instant(machine: Machine) -> None:
    account = Account(machine.sandbox("2024-01-01T00:00:00Z"))
    ana = shop(account)
    account.happens("charged", ana, at="2024-01-01T08:00:00Z")
    account.happens("cart", ana, at="2024-01-01T12:00:00Z")
    account.move_clock("2025-01-01T00:00:00Z")
    changes = account.history_of(ana)
    assert told(changes)[:3] == [
        ("created", "carts", "01-01T12:00:00.000000Z", "event"),
        ("created", "abandoned", "01-01T12:05:00.000000Z", "elapsed time"),
        ("created", "no payment", "01-08T08:00:00.000000Z", "elapsed time"),
    ]
    assert sorted(told(changes)[3:]) == [
        ("removed", "carts", "01-08T12:00:00.000000Z", "elapsed time"),
        ("removed", "no payment", "01-08T12:00:00.000000Z", "elapsed time"),
    ]
    assert all(change["recorded_at"] == change["effective_at"] for change in changes)


def test_what_fell_due_while_the_server_was_down_keeps_its_instant(machine: Machine) -> None:
    server = machine.sandbox("2024-01-01T00:00:00Z")
    account = Account(server)
    ana = shop(account)
    account.happens("cart", ana, at="2024-01-01T12:00:00Z")
    server.kill()
    account = Account(machine.sandbox("2024-02-01T00:00:00Z"))
    due = [change for change in account.history_of(ana) if change["cause"] == "elapsed time"]
    assert sorted(told(due)) == [
        ("created", "abandoned", "01-01T12:05:00.000000Z", "elapsed time"),
        ("removed", "carts", "01-08T12:00:00.000000Z", "elapsed time"),
        ("removed", "no payment", "01-08T12:00:00.000000Z", "elapsed time"),
    ]
    assert {change["recorded_at"] for change in due} == {"2024-02-01T00:00:00.000000Z"}  # G5: differ after downtime


def test_the_clock_does_not_go_back_not_even_by_a_restart(machine: Machine) -> None:
    server = machine.sandbox("2024-01-01T00:00:00Z")
    Account(server).move_clock("2024-05-01T00:00:00Z")
    server.stop()
    account = Account(machine.sandbox("2024-01-01T00:00:00Z"))
    assert account.clock() == "2024-05-01T00:00:00.000000Z"
    answer = account.http.post("/v1/sandbox/clock", json={"now": "2024-04-30T23:59:59.999999Z"})
    assert messages(error_lines(answer, 400)) == (
        "The clock stands at 2024-05-01T00:00:00.000000Z and does not move back to 2024-04-30T23:59:59.999999Z."
    )
    assert account.clock() == "2024-05-01T00:00:00.000000Z"
    account.move_clock("2024-05-01T00:00:00Z")  # to where it stands is no way back
