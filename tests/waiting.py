"""Waiting for a condition, with a deadline instead of a fixed time."""

import inspect
import threading
import time
from collections.abc import Awaitable, Callable

from app.data.threads import pause

# On a machine that has other things to do as well.
DEADLINE_SECONDS = 20.0


async def until(
    condition: Callable[[], bool | Awaitable[bool]],
    period_seconds: float = 0.01,
    *,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> None:
    """Return when the condition holds. Raises `TimeoutError` at the deadline.

    The body of a transaction may wait so as well, which runs in a thread on one driver and not on the other.
    """
    deadline = time.monotonic() + deadline_seconds
    while True:
        holds = condition()
        if await holds if inspect.isawaitable(holds) else holds:
            return
        if time.monotonic() > deadline:
            raise TimeoutError
        await pause(period_seconds)


class Signal:
    """An event that is set and awaited in the event loop and in threads alike."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Let everybody go on who waits, now or later."""
        self._event.set()

    async def wait(self) -> None:
        """Return once it is set. Raises `TimeoutError`."""
        await until(self._event.is_set, 0.001)
