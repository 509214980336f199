"""A value that is fetched when it is first needed and remembered for a while."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from app.core.clock import Clock
from app.core.shared_fetch import SharedFetch

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Fetches one value; callers that need it at the same time share one fetch and its outcome.

    A failure is told to those who waited for it and is not remembered.
    """

    def __init__(self, fetch: Callable[[], Awaitable[Value]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._value: tuple[Value, datetime] | None = None
        self._shared = SharedFetch(self._fetch_and_keep)

    async def get(self, max_age: timedelta) -> Value:
        """Return the value, fetched at most `max_age` ago."""
        if self._value is not None and self._clock.now() - self._value[1] <= max_age:
            return self._value[0]
        return await self.fetch()

    async def fetch(self) -> Value:
        """Return the value as it is now."""
        return await self._shared.fetch()

    async def _fetch_and_keep(self) -> Value:
        value = await self._fetch()
        self._value = (value, self._clock.now())
        return value
