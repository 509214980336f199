"""When personal tokens were used: noted in memory, written to MongoDB in the background about once a minute."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

import structlog

from app.core.clock import to_milliseconds
from app.data.api_tokens import ApiTokens, TokenUse
from app.data.failures import DatabaseError, is_database_away

# Give or take a quarter, so that replicas that started together do not write together.
PERIOD_SECONDS = 60
_JITTER = 0.25
# As many as credentials are remembered (app/api/credentials.py); about 250 bytes each.
_MAX_NOTED = 10_000
# Some 100 KB; far below what one command may hold (48 MB), so that others get their turn in between.
_BATCH = 500

logger = structlog.get_logger(__name__)


class TokenUses:
    """Takes notes of uses; what a process has noted and not yet written is lost if it crashes, and only then."""

    def __init__(self, tokens: ApiTokens) -> None:
        self._tokens = tokens
        # Seconds since 1970 by user and token.
        self._noted: dict[tuple[UUID, UUID], float] = {}
        self._wake = asyncio.Event()
        self._is_stopping = False

    def note(self, user_id: UUID, token_id: UUID, now: float) -> None:
        """Remember that a token was used now (seconds since 1970). Takes no I/O.

        When there is no room for another one, it waits for its next use; the writer is woken before that.
        """
        key = (user_id, token_id)
        if key in self._noted:
            self._noted[key] = now
        elif len(self._noted) < _MAX_NOTED:
            self._noted[key] = now
            if len(self._noted) == _MAX_NOTED:
                self._wake.set()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Write in the background for as long as the context lasts, and what is left at its end."""
        writer = asyncio.create_task(self._write_until_stopped())
        try:
            yield
        finally:
            self._is_stopping = True
            self._wake.set()
            await writer

    async def flush(self) -> None:
        """Write what was noted. What cannot be written is noted again, unless there was a later use."""
        noted, self._noted = self._noted, {}
        left = iter(noted.items())
        while batch := list(itertools.islice(left, _BATCH)):
            try:
                await self._tokens.record_uses([_to_use(key, seconds) for key, seconds in batch])
            except BaseException:
                self._note_again(itertools.chain(batch, left))
                raise

    def _note_again(self, uses: "itertools.chain[tuple[tuple[UUID, UUID], float]]") -> None:
        for key, seconds in uses:
            if len(self._noted) < _MAX_NOTED:
                self._noted.setdefault(key, seconds)

    async def _write_until_stopped(self) -> None:
        is_last = False
        while not is_last:
            period_seconds = PERIOD_SECONDS * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads load
            with suppress(TimeoutError):
                async with asyncio.timeout(period_seconds):
                    await self._wake.wait()
            self._wake.clear()
            is_last = self._is_stopping
            try:
                await self.flush()
            except DatabaseError as error:
                is_fault = not is_database_away(error)
                logger.warning("token_uses_not_written", error=type(error).__name__, exc_info=is_fault)
            except Exception:
                logger.exception("token_uses_not_written")


def _to_use(key: tuple[UUID, UUID], seconds: float) -> TokenUse:
    return TokenUse(*key, to_milliseconds(datetime.fromtimestamp(seconds, UTC)))
