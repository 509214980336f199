"""The port between changes and whatever remembers what was there before them."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID


@dataclass(slots=True)
class ChangeOutcome:
    """How a change ended; until it is settled nobody can tell, as after a lost connection."""

    is_settled: bool = field(default=False, init=False)
    revision: int | None = field(default=None, init=False)

    def settle(self, revision: int | None) -> None:
        """The change was carried out under this revision, or nothing that a revision counts has changed (None)."""
        self.is_settled = True
        self.revision = revision


class ChangeGuard(Protocol):
    """Keeps the promise that a read which starts after a change was acknowledged never shows what was before it."""

    def around(self, user_id: UUID, *, keeps_sessions: bool) -> AbstractAsyncContextManager[ChangeOutcome]:
        """Enclose a change of what a user owns, from before its transaction until it may be acknowledged.

        `keeps_sessions` says that the change leaves the user's sessions, role and zone as they are.
        """
        ...


class Unguarded:
    """Implements `ChangeGuard` where nothing is remembered, as in migrations."""

    @asynccontextmanager
    async def around(self, user_id: UUID, *, keeps_sessions: bool) -> AsyncIterator[ChangeOutcome]:
        """Do nothing."""
        yield ChangeOutcome()
