"""What takes long is done one at a time, and whatever else is to be done comes in between (C20)."""

import asyncio

from octy.http.turns import Turns


def test_between_two_turns_everybody_is_heard() -> None:
    done: list[str] = []

    async def large(turns: Turns, name: str) -> None:
        await turns.next()
        done.append(name)
        asyncio.get_running_loop().call_soon(done.append, "others")

    async def story() -> None:
        turns = Turns()
        await asyncio.gather(*(large(turns, name) for name in "abc"))

    asyncio.run(story())
    assert "".join(one for one in done if one != "others") == "abc"
    assert "others" in done[done.index("a") : done.index("b")]
    assert "others" in done[done.index("b") : done.index("c")]


def test_whoever_is_alone_does_not_wait() -> None:
    async def story() -> None:
        turns = Turns()
        for _ in range(3):
            coroutine = turns.next()
            try:
                coroutine.send(None)
            except StopIteration:
                pass
            else:
                raise AssertionError("it waited")
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    asyncio.run(story())


def test_whoever_has_given_up_loses_nobody_a_turn() -> None:
    async def story() -> None:
        turns = Turns()
        await turns.next()
        waiting = [asyncio.create_task(turns.next()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[1].cancel()
        async with asyncio.timeout(20):
            await waiting[2]
            await turns.next()

    asyncio.run(story())
