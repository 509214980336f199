"""A value that is fetched when it is first needed and remembered for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from app.core.clock import Clock

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Fetches one value; callers that need it at the same time share one fetch and its outcome.

    A failure is told to those who waited for it and is not remembered.
    """

    def __init__(self, fetch: Callable[[], Awaitable[Value]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._value: tuple[Value, datetime] | None = None
        self._pending: asyncio.Task[Value] | None = None

    async def get(self, max_age: timedelta) -> Value:
        """Return the value, fetched at most `max_age` ago."""
        if self._value is not None and self._clock.now() - self._value[1] <= max_age:
            return self._value[0]
        return await self.fetch()

    async def fetch(self) -> Value:
        """Return the value as it is now."""
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._fetch_and_keep())
            self._pending.add_done_callback(self._forget_pending)
        # One caller that gives up must not take the fetch from the others.
        return await asyncio.shield(self._pending)

    async def _fetch_and_keep(self) -> Value:
        value = await self._fetch()
        self._value = (value, self._clock.now())
        return value

    def _forget_pending(self, task: asyncio.Task[Value]) -> None:
        self._pending = None
        if not task.cancelled():
            task.exception()  # marks it as seen, should every caller have gone
