"""Deadlines that a busy event loop does not shorten: what counts is how long the server had to answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# In so many parts a deadline passes. After each of them the loop reads what has arrived, so that a loop that comes
# late to everything still finds the answers that were there in time.
_PARTS = 5


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    """Raise `TimeoutError` in the block after `seconds` of a loop that keeps its time, later in one that lags."""
    async with asyncio.timeout(None) as timeout:
        passing = _Passing(timeout, seconds / _PARTS)
        try:
            yield
        finally:
            passing.end()


class _Passing:
    """The parts of a deadline, one after the other."""

    __slots__ = ("_left", "_loop", "_next", "_part_seconds", "_timeout")

    def __init__(self, timeout: asyncio.Timeout, part_seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeout = timeout
        self._part_seconds = part_seconds
        self._left = _PARTS
        self._next: asyncio.TimerHandle | None = self._loop.call_later(part_seconds, self._pass)

    def _pass(self) -> None:
        self._left -= 1
        if self._left:
            self._next = self._loop.call_later(self._part_seconds, self._pass)
        else:
            self._timeout.reschedule(self._loop.time())

    def end(self) -> None:
        """Stop, and let go of the timer, which holds this; nobody should have to unravel that."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
