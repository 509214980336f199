"""The write side of the per-user cache: a fence around every change."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from app.cache.store import CacheStore, FenceRelease
from app.core.change_guard import ChangeOutcome
from app.core.ids import new_name


class Fences:
    """Implements `ChangeGuard`."""

    def __init__(self, store: CacheStore) -> None:
        self._store = store

    @asynccontextmanager
    async def around(self, user_id: UUID, *, keeps_sessions: bool) -> AsyncIterator[ChangeOutcome]:
        """Raise a fence, let the change happen, and lower the fence before the change is acknowledged.

        Of a change whose end nobody knows the fence stays until it expires, after the change could last take effect.
        """
        token, outcome = new_name(), ChangeOutcome()
        await self._store.raise_fence(user_id, token, keeps_sessions=keeps_sessions)
        try:
            yield outcome
        finally:
            if outcome.is_settled:
                release = FenceRelease(outcome.revision, keeps_sessions)
                await self._store.lower_fence(user_id, token, release)
