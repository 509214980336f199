"""Calls in threads: what comes back, how many threads there are, and what a transaction may wait for."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest

from app.data.threads import Threads, ThreadSession, pause, run_transaction
from tests.waiting import Signal

LIMIT = 3
NAME: ContextVar[str] = ContextVar("name", default="nobody")


@pytest.fixture
def threads() -> Iterator[Threads]:
    pool = Threads(LIMIT)
    yield pool
    pool.close()


class Blocked:
    """Calls that wait in their threads until they are let go."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self._beginnings = threading.Semaphore(0)
        self._may_end = threading.Event()

    def call(self, number: int = 0) -> Callable[[], int]:
        def wait() -> int:
            self.begun.append(number)
            self._beginnings.release()
            assert self._may_end.wait(20)
            return number

        return wait

    async def until_begun(self, count: int) -> None:
        for _ in range(count):
            assert await asyncio.to_thread(self._beginnings.acquire, timeout=20)

    def end(self) -> None:
        self._may_end.set()


class TestACall:
    async def test_returns_what_the_call_returns(self, threads: Threads) -> None:
        assert await threads.run(threading.current_thread) is not threading.current_thread()

    async def test_raises_what_the_call_raises(self, threads: Threads) -> None:
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 / 0)

    async def test_sees_the_context_of_its_caller_and_changes_none(self, threads: Threads) -> None:
        NAME.set("Ann")

        def rename() -> str:
            seen = NAME.get()
            NAME.set("Bob")
            return seen

        assert await threads.run(rename) == "Ann"
        assert NAME.get() == "Ann"

    async def test_is_not_held_on_to_with_its_error(self, threads: Threads) -> None:
        class Held:
            def fail(self) -> None:
                raise LookupError

        held = Held()
        seen = weakref.ref(held)
        gc.disable()
        try:
            with pytest.raises(LookupError):
                await threads.run(held.fail)
            del held
            await threads.run(int)  # the thread has let go of the one before
            assert seen() is None
        finally:
            gc.enable()


class TestManyCalls:
    async def test_are_made_side_by_side_up_to_the_limit(self, threads: Threads) -> None:
        blocked = Blocked()
        running = [threads.run(blocked.call(number)) for number in range(LIMIT + 2)]

        await blocked.until_begun(LIMIT)
        assert sorted(blocked.begun) == [0, 1, 2]
        blocked.end()
        assert await asyncio.gather(*running) == [0, 1, 2, 3, 4]

    async def test_one_after_another_need_one_thread(self, threads: Threads) -> None:
        assert len({await threads.run(threading.get_ident) for _ in range(20)}) == 1

    async def test_lose_no_result(self, threads: Threads) -> None:
        assert await asyncio.gather(*(threads.run(lambda i=i: i) for i in range(2_000))) == list(range(2_000))


class TestACancelledCall:
    async def test_is_never_made_if_it_has_not_begun(self, threads: Threads) -> None:
        blocked = Blocked()
        running = [threads.run(blocked.call(number)) for number in range(LIMIT)]
        await blocked.until_begun(LIMIT)
        waiting = threads.run(blocked.call(LIMIT))
        waiting.cancel()
        blocked.end()
        await asyncio.gather(*running, threads.run(int))

        assert LIMIT not in blocked.begun

    async def test_goes_on_if_it_has_begun(self, threads: Threads) -> None:
        blocked, ended = Blocked(), Signal()
        wait = blocked.call()

        def call() -> None:
            wait()
            ended.set()

        running = threads.run(call)
        await blocked.until_begun(1)
        running.cancel()
        blocked.end()

        await ended.wait()
        assert await threads.run(lambda: "next") == "next"


class TestClosing:
    async def test_ends_the_threads_after_what_was_asked(self) -> None:
        pool = Threads(1)
        thread, answer = await pool.run(threading.current_thread), pool.run(lambda: "answer")
        pool.close()

        assert await answer == "answer"
        await asyncio.to_thread(thread.join, 20)
        assert not thread.is_alive()

    async def test_leaves_nobody_waiting_who_comes_later(self) -> None:
        pool = Threads(1)
        await pool.run(int)
        pool.close()

        with pytest.raises(ZeroDivisionError):  # as with a driver that is closed
            async with asyncio.timeout(20):
                await pool.run(lambda: 1 / 0)
        pool.close()

    def test_of_the_loop_first_leaves_a_call_without_anybody_to_tell(self) -> None:
        pool, blocked = Threads(1), Blocked()

        async def leave() -> threading.Thread:
            thread = await pool.run(threading.current_thread)
            pool.run(blocked.call())
            await blocked.until_begun(1)
            return thread

        thread = asyncio.run(leave())
        blocked.end()
        pool.close()

        thread.join(20)
        assert not thread.is_alive()  # and pytest would report what it had raised


@contextmanager
def no_session() -> Iterator[Any]:
    yield None


class TestATransaction:
    async def test_stays_in_one_thread(self, threads: Threads) -> None:
        async def work(session: ThreadSession) -> set[int]:
            idents = {threading.get_ident(), await session.perform(lambda session: threading.get_ident())}  # noqa: ARG005
            await asyncio.sleep(0)
            await pause(0)
            return idents | {threading.get_ident()}

        idents = await run_transaction(threads, no_session, work)
        assert len(idents) == 1
        assert threading.get_ident() not in idents

    async def test_is_refused_that_waits_for_anything_else(self, threads: Threads) -> None:
        future, has_cleaned_up = asyncio.get_running_loop().create_future(), False

        async def work(_session: ThreadSession) -> None:
            nonlocal has_cleaned_up
            try:
                await future
            finally:
                has_cleaned_up = True

        with pytest.raises(RuntimeError, match="waits for its own operations alone"):
            await run_transaction(threads, no_session, work)
        assert has_cleaned_up
