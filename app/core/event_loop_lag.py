"""How late the event loop wakes what is due: what everything that it runs has to wait for beside its own work."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from prometheus_client import Histogram

# A loop that stands still for longer than this is always noticed; each look costs a few microseconds.
PERIOD_SECONDS = 0.5


async def measure_lag(
    lag: Histogram, now: Callable[[], float], sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> None:
    """Look for ever; `now` is the clock that `sleep` goes by, in seconds."""
    while True:
        due = now() + PERIOD_SECONDS
        await sleep(PERIOD_SECONDS)
        lag.observe(max(now() - due, 0.0))


@asynccontextmanager
async def run_lag_measurement(lag: Histogram) -> AsyncIterator[None]:
    """Look for as long as the context lasts."""
    task = asyncio.create_task(measure_lag(lag, asyncio.get_running_loop().time))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
