"""One lane of a worker: it looks for what is due, claims a share of it and works on so much at once."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog

from app.data.failures import DatabaseError, is_database_away
from app.notifications.claim_repository import ClaimRepository
from app.notifications.claims import Claim, Sighting

# How many entries a worker is at in one lane. A receiver that takes 0.2 s gets 160 a second of them; a transaction
# takes some milliseconds, and the threads of a driver are about as many.
SLOTS = 32
# One user has a quarter of the places at most, so that it takes four whose receivers hang to fill a lane.
_SHARES = 4
# The longest wait between two looks; with what handling takes, it is most of a lag of a second.
POLL_SECONDS = 0.5
# A database that is away is asked less often: an election takes some seconds.
_AWAY_SECONDS = 2.0
# Workers that see the same entries would claim the same ones. Each looks at several times as many as it wants and
# takes a random share, of more the more claims it loses to others, and of fewer again when it loses none.
_MAX_SPREAD = 16
_TOO_MANY_LOST = 0.25

logger = structlog.get_logger(__name__)

Handle = Callable[[Claim], Coroutine[Any, Any, None]]


class Lane:
    """Works on the entries of one lane; `claimed` and `lost` count claims that were won and lost to others."""

    def __init__(self, name: str, claims: ClaimRepository, handle: Handle, slots: int = SLOTS) -> None:
        self.name = name
        self.claimed = 0
        self.lost = 0
        self._claims = claims
        self._handle = handle
        self._slots = slots
        self._share = max(slots // _SHARES, 1)
        self._spread = 1
        self._running: dict[asyncio.Task[None], Claim] = {}
        self._has_surplus = False
        self._stop = asyncio.Event()
        self._has_ended_one = asyncio.Event()

    @property
    def has_room(self) -> bool:
        """Whether it may be given more."""
        return len(self._running) < self._slots and not self._stop.is_set()

    def has_room_for(self, user_id: UUID) -> bool:
        """Whether it may be given more of one user."""
        return self.has_room and self._count_by_user()[user_id] < self._share

    def accept(self, claim: Claim) -> None:
        """Work on an entry that this process has claimed."""
        task = asyncio.create_task(self._handle(claim))
        self._running[task] = claim
        task.add_done_callback(self._end)

    async def run(self) -> None:
        """Look for what is due until told to stop. What is under way then goes on."""
        while not self._stop.is_set():
            try:
                has_more = await self.take()
            except DatabaseError as error:
                _log_failed_look(self.name, error)
                await self._wait(_AWAY_SECONDS)
            except Exception:  # whatever it is: nobody would miss a lane that ended
                logger.exception("outbox_not_read", lane=self.name)
                await self._wait(_AWAY_SECONDS)
            else:
                await (self._wait_for_room() if has_more else self._wait(POLL_SECONDS))

    def stop(self) -> None:
        """Claim nothing more."""
        self._stop.set()
        self._has_ended_one.set()

    async def take(self) -> bool:
        """Claim what there is room for and begin with it; return whether there is likely to be more."""
        wanted = self._slots - len(self._running)
        if wanted <= 0:
            return True
        limit = wanted * self._spread
        seen = await self._claims.find_due(self.name, limit)
        is_full = len(seen) == limit
        chosen, surplus = self._choose(seen, wanted)
        claims = await self._claims.claim(chosen) if chosen else []
        for claim in claims:
            self.accept(claim)
        self._note(len(chosen), len(claims))
        if surplus and is_full:  # it may hide what others are owed
            await self._claims.set_aside(surplus)
            self._spread = min(2 * self._spread, _MAX_SPREAD)
        elif not seen:
            self._spread = 1
        self._has_surplus = bool(surplus) and not is_full
        return is_full or len(seen) > len(chosen)

    async def finish(self, seconds: float) -> Sequence[Claim]:
        """Wait for what is under way, but no longer. The rest is cancelled, and its claims returned."""
        if not self._running:
            return []
        _, lasting = await asyncio.wait(self._running, timeout=seconds)
        left = [self._running[task] for task in lasting]
        for task in lasting:
            task.cancel()
        if lasting:  # a driver may swallow a cancellation that meets it at work
            await asyncio.wait(lasting, timeout=1)
        return left

    def _choose(self, seen: Sequence[Sighting], wanted: int) -> tuple[Sequence[Sighting], Sequence[Sighting]]:
        """Return what to claim, and what is beyond the share of its user."""
        counts = self._count_by_user()
        chosen: list[Sighting] = []
        surplus: list[Sighting] = []
        for sighting in seen if len(seen) <= wanted else random.sample(seen, len(seen)):
            if counts[sighting.user_id] >= self._share:
                surplus.append(sighting)
            elif len(chosen) < wanted:
                chosen.append(sighting)
                counts[sighting.user_id] += 1
        return chosen, surplus

    def _count_by_user(self) -> Counter[UUID]:
        return Counter(claim.user_id for claim in self._running.values())

    def _note(self, tried: int, claimed: int) -> None:
        self.claimed += claimed
        self.lost += tried - claimed
        if tried - claimed > _TOO_MANY_LOST * tried:
            self._spread = min(2 * self._spread, _MAX_SPREAD)
        elif claimed == tried:
            self._spread = max(self._spread - 1, 1)

    def _end(self, ended: asyncio.Task[None]) -> None:
        claim = self._running.pop(ended)
        self._has_ended_one.set()
        if not ended.cancelled() and (error := ended.exception()) is not None:
            logger.error("outbox_entry_left", lane=self.name, entry_id=str(claim.entry_id), exc_info=error)

    async def _wait_for_room(self) -> None:
        # For half of it, so that one claim is made for many entries; receivers that hang keep nobody else waiting.
        # Where what is left is beyond somebody's share, that has to have room: half of it, if it is what ends.
        enough = self._slots // 2
        if self._has_surplus:
            enough = min(enough, len(self._running) - max(self._share // 2, 1))
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                while len(self._running) > enough and not self._stop.is_set():
                    self._has_ended_one.clear()
                    await self._has_ended_one.wait()

    async def _wait(self, seconds: float) -> None:
        jittered = random.uniform(0.5 * seconds, seconds)  # noqa: S311 - spreads load, guards nothing
        with suppress(TimeoutError):
            async with asyncio.timeout(jittered):
                await self._stop.wait()


def _log_failed_look(lane: str, error: DatabaseError) -> None:
    if is_database_away(error):
        logger.warning("outbox_not_read", lane=lane, error=type(error).__name__)
    else:
        logger.error("outbox_not_read", lane=lane, exc_info=error)
