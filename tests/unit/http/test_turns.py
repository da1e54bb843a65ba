"""What takes long is done one at a time, when it is of use, and whatever else is to be done comes between (C20)."""

import asyncio
from collections.abc import Awaitable, Callable

from octy.http.turns import Turns

ANA, BEN = 1, 2


def told(story: Callable[[], Awaitable[None]]) -> None:
    """In an event loop, which does not wait for ever."""

    async def bounded() -> None:
        async with asyncio.timeout(20):
            await story()

    asyncio.run(bounded())


async def a_while() -> None:
    """The loop comes round often, and the writer is looked at more than once."""
    for _ in range(100):
        await asyncio.sleep(0)
    await asyncio.sleep(0.02)


def test_between_two_turns_everybody_is_heard() -> None:
    done: list[str] = []

    async def large(turns: Turns, name: str) -> None:
        await turns.next(ANA)
        done.append(name)
        asyncio.get_running_loop().call_soon(done.append, "others")

    async def story() -> None:
        turns = Turns(lambda: False)
        await asyncio.gather(*(large(turns, name) for name in "abc"))

    told(story)
    assert "".join(one for one in done if one != "others") == "abc"
    assert "others" in done[done.index("a") : done.index("b")]
    assert "others" in done[done.index("b") : done.index("c")]


def test_whoever_is_alone_does_not_wait() -> None:
    async def story() -> None:
        turns = Turns(lambda: False)
        for _ in range(3):
            coroutine = turns.next(ANA)
            try:
                coroutine.send(None)
            except StopIteration:
                pass
            else:
                raise AssertionError("it waited")
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    told(story)


def test_whoever_has_given_up_loses_nobody_a_turn() -> None:
    async def story() -> None:
        turns = Turns(lambda: False)
        await turns.next(ANA)
        waiting = [asyncio.create_task(turns.next(ANA)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[1].cancel()
        await waiting[2]
        await turns.next(ANA)

    told(story)


def test_nobody_has_a_turn_while_the_writer_has_enough() -> None:
    inside: list[int] = []

    async def large(turns: Turns, number: int) -> None:
        await turns.next(ANA)
        inside.append(number)

    async def story() -> None:
        turns = Turns(lambda: len(inside) >= 2)
        waiting = [asyncio.create_task(large(turns, number)) for number in range(5)]
        for _ in range(3):
            await a_while()
            assert len(inside) == 2
            inside.pop(0)  # the writer has taken one
        await asyncio.gather(*waiting)
        assert inside == [3, 4]

    told(story)


def test_each_account_has_its_turn() -> None:
    came: list[int] = []

    async def large(turns: Turns, account_id: int) -> None:
        await turns.next(account_id)
        came.append(account_id)

    async def story() -> None:
        turns = Turns(lambda: False)
        await asyncio.gather(*(large(turns, ANA) for _ in range(6)), *(large(turns, BEN) for _ in range(2)))

    told(story)
    assert came == [ANA, ANA, BEN, ANA, BEN, ANA, ANA, ANA]
