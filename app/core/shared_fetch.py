"""One fetch for all who need its outcome at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class SharedFetch(Generic[Value]):
    """Fetches on demand; callers that ask while a fetch is under way share it and its outcome, be it a failure."""

    def __init__(self, fetch: Callable[[], Awaitable[Value]]) -> None:
        self._fetch = fetch
        self._pending: asyncio.Future[Value] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether a fetch has begun and not ended."""
        return self._pending is not None

    async def fetch(self) -> Value:
        """Return what the fetch under way brings, or one that begins now."""
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._fetch())
            self._pending.add_done_callback(self._forget_pending)
        # One caller that gives up must not take the fetch from the others.
        return await asyncio.shield(self._pending)

    async def close(self) -> None:
        """End the fetch that is under way, if there is one; whoever waits for it is cancelled."""
        if self._pending is not None:
            self._pending.cancel()
            await asyncio.wait({self._pending})

    def _forget_pending(self, future: "asyncio.Future[Value]") -> None:
        self._pending = None
        if not future.cancelled():
            future.exception()  # marks it as seen, should every caller have gone
