"""No per-user cache: for several processes that have no cache server between them."""

from collections.abc import Callable, Mapping
from uuid import UUID

from app.cache.store import CacheBypassError, CachedSession, FenceRelease, Reading


class NoStore:
    """Implements `CacheStore` by keeping nothing."""

    def __init__(self, publish: Callable[[UUID, int], None]) -> None:
        self._publish = publish

    async def read(self, session: CachedSession, answer_name: bytes | None) -> Reading:
        """Raise `CacheBypassError`, always."""
        raise CacheBypassError

    def recall(self, session: CachedSession, answer_name: bytes) -> None:
        """Return None: there is nobody to ask."""

    async def open_generation(self, user_id: UUID, seen: bytes | None) -> Reading:
        """Raise `CacheBypassError`, always."""
        raise CacheBypassError

    async def fill(self, user_id: UUID, generation: bytes, revision: int, fields: Mapping[bytes, bytes]) -> None:
        """Do nothing."""

    async def raise_fence(self, user_id: UUID, token: str, *, keeps_sessions: bool) -> None:
        """Do nothing."""

    async def lower_fence(self, user_id: UUID, token: str, release: FenceRelease) -> None:
        """Publish the revision, within this process alone."""
        if release.revision is not None:
            self._publish(user_id, release.revision)
