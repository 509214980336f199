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
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as timeout:
        left = _PARTS
        passing: asyncio.TimerHandle

        def pass_part() -> None:
            nonlocal left, passing
            left -= 1
            if left:
                passing = loop.call_later(seconds / _PARTS, pass_part)
            else:
                timeout.reschedule(loop.time())

        passing = loop.call_later(seconds / _PARTS, pass_part)
        try:
            yield
        finally:
            passing.cancel()
