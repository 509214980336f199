"""Waiting for a condition, with a deadline instead of a fixed time."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

# On a machine that has other things to do as well.
DEADLINE_SECONDS = 20.0


async def until(
    condition: Callable[[], bool | Awaitable[bool]],
    period_seconds: float = 0.01,
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> None:
    """Return when the condition holds. Raises `TimeoutError` at the deadline."""
    async with asyncio.timeout(deadline_seconds):
        while True:
            holds = condition()
            if await holds if inspect.isawaitable(holds) else holds:
                return
            await asyncio.sleep(period_seconds)
