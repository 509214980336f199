"""Brings children up, watches them, and takes them down in reverse order on a signal or when one of them dies."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from app.core.end_signals import signals_of_the_end
from app.embedded.child import ChildProcess
from app.embedded.errors import ChildDiedError


class Supervisor:
    """The life of one stack of children, on the main thread's event loop."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._first_death: asyncio.Future[ChildProcess] = loop.create_future()
        for number in signals_of_the_end():
            loop.add_signal_handler(number, self._stop.set)

    def watch(self, child: ChildProcess) -> None:
        """From now on the end of this child ends the whole stack."""
        child.exited.add_done_callback(lambda _: self._note_death(child))

    async def run(self, bring_up: Callable[[AsyncExitStack], Awaitable[None]]) -> None:
        """Bring the stack up and keep it until a signal comes, which is the normal end.

        `bring_up` enters its parts into the exit stack. Raises what it raises, or `ChildDiedError`.
        """
        async with AsyncExitStack() as stack:
            starting = asyncio.ensure_future(bring_up(stack))
            ends: list[asyncio.Future[Any]] = [asyncio.create_task(self._stop.wait()), self._first_death]
            try:
                await asyncio.wait([starting, *ends], return_when=asyncio.FIRST_COMPLETED)
                if not any(end.done() for end in ends):
                    starting.result()
                    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                starting.cancel()
                ends[0].cancel()
                await asyncio.gather(starting, ends[0], return_exceptions=True)
            if not self._stop.is_set():
                raise ChildDiedError(_describe_death(self._first_death.result()))

    def _note_death(self, child: ChildProcess) -> None:
        if not self._first_death.done():
            self._first_death.set_result(child)


def _describe_death(child: ChildProcess) -> str:
    log = f"its log is {child.log_file}" if child.log_file else "its log is above"
    return f"{child.title} (process {child.pid}) died ({child.describe_end()}), so everything was stopped; {log}"
