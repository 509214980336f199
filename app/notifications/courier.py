"""The courier: a process's part in telling users what is due, shared with any number of others."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

from app.core.errors import ServiceUnavailableError
from app.core.metrics import OutboxMetrics
from app.data.failures import DatabaseError, is_database_away
from app.data.outbox import OCCASIONS, is_bulk_lane, lane_of
from app.data.store import Store
from app.notifications.channel import Channel
from app.notifications.claim_repository import ClaimRepository, new_token
from app.notifications.claims import LEASE, Claim
from app.notifications.delivery import Deliverer, Failures
from app.notifications.dispatch import Dispatcher, Recurring
from app.notifications.kinds import Kind, kind_of
from app.notifications.lane import SLOTS, Lane
from app.notifications.retries import pause

# Entries that nobody has taken up for so long, several looks of every worker, are told to Prometheus, which asks four
# times a minute or less.
OVERDUE = timedelta(seconds=10)
# What is told in bulk takes as long as it may; after that, it is no news of the morning any more.
OVERDUE_BULK = timedelta(hours=3)
_COUNT_SECONDS = 15.0
# More than any alert needs to know; counting so many takes some milliseconds.
OVERDUE_LIMIT = 10_000
# As long as a receiver may be away (`retries`): then whoever has other settings, or a newer version, has not come.
UNSERVED = timedelta(days=1)
_OTHER_CHANNEL = "other"
# What comes for many at one instant has so few of the places: half as many as there are connections to a mail server.
_BULK_SHARE = 8
# As `Erasure` has it: what is under way takes milliseconds, but where a receiver is slow.
_FINISH_SECONDS = 5.0

logger = structlog.get_logger(__name__)


class Courier:
    """Tells what is due while `run` lasts. `channels` are those that this process can deliver by."""

    def __init__(
        self,
        store: Store,
        channels: Sequence[Channel],
        metrics: OutboxMetrics,
        recurring: Mapping[Kind, Recurring] | None = None,
        *,
        lease: timedelta = LEASE,
        slots: int = SLOTS,
    ) -> None:
        self._clock = store.clock
        self._metrics = metrics
        self._claims = claims = ClaimRepository(store.database, store.clock, lease)
        self._failures = Failures(claims, store.clock, metrics, recurring or ())
        by_name: dict[str, Channel] = {channel.name: channel for channel in channels}
        self._deliverer = Deliverer(store, claims, by_name, self._failures, metrics)
        self._dispatcher = Dispatcher(store, claims, channels, recurring or {})
        self._channel_names = tuple(by_name)
        self.lanes: dict[str, Lane] = {}
        for name, handle in ((OCCASIONS, self._dispatch), *((name, self._deliver) for name in by_name)):
            for is_bulk, places in ((False, slots), (True, max(slots // _BULK_SHARE, 1))):
                lane = Lane(lane_of(name, is_bulk=is_bulk), claims, handle, places)
                self.lanes[lane.name] = lane
        self._stop = asyncio.Event()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Work in the background while the context lasts; then finish what is begun, and release the rest."""
        loops = [asyncio.create_task(lane.run()) for lane in self.lanes.values()]
        loops.append(asyncio.create_task(self._count_overdue()))
        try:
            yield
        finally:
            self._stop.set()
            for lane in self.lanes.values():
                lane.stop()
            await self._end(loops)

    async def bury_unserved(self) -> None:
        """Give up what waits for a channel that nobody has any more, and tell administrators of it."""
        buried = await self._claims.bury_unserved(list(self.lanes), UNSERVED)
        if buried:
            self._metrics.count_delivery(_OTHER_CHANNEL, "dead", buried)
            logger.warning("outbox_entries_unserved", entries=buried)

    async def _end(self, loops: Sequence[asyncio.Task[None]]) -> None:
        clock = asyncio.get_running_loop()
        deadline = clock.time() + _FINISH_SECONDS
        _, lasting = await asyncio.wait(loops, timeout=_FINISH_SECONDS)
        for loop in lasting:
            loop.cancel()
        left: list[Claim] = []
        # Occasions give to the other lanes.
        for lanes in (self._lanes_of(OCCASIONS), self._lanes_of(*self._channel_names)):
            remaining = max(deadline - clock.time(), 0)
            for claims in await asyncio.gather(*(lane.finish(remaining) for lane in lanes)):
                left += claims
        await self._release(left)

    def _lanes_of(self, *names: str) -> Sequence[Lane]:
        return [self.lanes[lane_of(name, is_bulk=is_bulk)] for name in names for is_bulk in (False, True)]

    async def _release(self, claims: Sequence[Claim]) -> None:
        try:
            await self._claims.release(claims)
        except DatabaseError as error:  # their leases run out
            logger.warning("outbox_not_released", error=type(error).__name__, entries=len(claims))

    async def _dispatch(self, claim: Claim) -> None:
        async def dispatch() -> None:
            has_room = self._has_room_for_deliveries(claim)
            dispatched = await self._dispatcher.dispatch(claim, new_token() if has_room else None)
            if dispatched is None:
                return
            await self._accept(dispatched.deliveries)
            if dispatched.is_noticed:
                self._observe_lag(claim)
            self._metrics.dispatched.labels(kind_of(claim.occasion)).inc()
            self._metrics.count_delivery(OCCASIONS, "delivered")

        await self._attempt(claim, dispatch)

    def _has_room_for_deliveries(self, claim: Claim) -> bool:
        lanes = [self.lanes[lane_of(name, is_bulk=claim.is_bulk)] for name in self._channel_names]
        return all(lane.has_room_for(claim.user_id) for lane in lanes)

    async def _accept(self, deliveries: Sequence[Claim]) -> None:
        """Go on with as many as there is room for by now: several occasions were told that there was some."""
        surplus: list[Claim] = []
        for delivery in deliveries:
            lane = self.lanes[delivery.lane]
            if lane.has_room_for(delivery.user_id):
                lane.accept(delivery)
            else:
                surplus.append(delivery)
        await self._release(surplus)

    async def _deliver(self, claim: Claim) -> None:
        async def deliver() -> None:
            if await self._deliverer.deliver(claim):
                self._observe_lag(claim)

        await self._attempt(claim, deliver)

    async def _attempt(self, claim: Claim, act: Callable[[], Awaitable[None]]) -> None:
        """Do one thing with an entry. If that fails by no fault of its own, no attempt is counted."""
        try:
            await act()
        except (DatabaseError, ServiceUnavailableError) as error:
            if isinstance(error, DatabaseError) and not is_database_away(error):
                logger.exception("outbox_entry_failed", lane=claim.lane, kind=claim.occasion)
                await self._postpone(claim, error)
            else:
                logger.warning("outbox_entry_interrupted", lane=claim.lane, error=type(error).__name__)
                due_at = self._clock.now() + pause()
                with suppress(DatabaseError):  # its lease runs out
                    await self._claims.put_back(claim, due_at, claim.attempts, type(error).__name__)
        except Exception as error:
            logger.exception("outbox_entry_failed", lane=claim.lane, kind=claim.occasion)
            await self._postpone(claim, error)

    async def _postpone(self, claim: Claim, error: Exception) -> None:
        with suppress(DatabaseError):  # its lease runs out
            await self._failures.postpone(claim, error)

    def _observe_lag(self, claim: Claim) -> None:
        if claim.attempts == 0 and not claim.is_bulk:
            lag = self._clock.now() - claim.owed_at
            self._metrics.lag_seconds.observe(max(lag.total_seconds(), 0.0))

    async def _count_overdue(self) -> None:
        while not self._stop.is_set():
            try:
                prompt = [name for name in self.lanes if not is_bulk_lane(name)]
                bulk = [name for name in self.lanes if is_bulk_lane(name)]
                overdue = await self._claims.count_overdue(prompt, OVERDUE, OVERDUE_LIMIT)
                overdue += await self._claims.count_overdue(bulk, OVERDUE_BULK, OVERDUE_LIMIT)
                overdue += await self._claims.count_unserved(list(self.lanes), OVERDUE_BULK, OVERDUE_LIMIT)
                self._metrics.waiting.set(min(overdue, OVERDUE_LIMIT))
                await self.bury_unserved()
            except DatabaseError as error:
                logger.warning("outbox_not_counted", error=type(error).__name__)
            except Exception:  # what counts goes on as the lanes do
                logger.exception("outbox_not_counted")
            jittered = random.uniform(0.5, 1) * _COUNT_SECONDS  # noqa: S311 - spreads load, guards nothing
            with suppress(TimeoutError):
                async with asyncio.timeout(jittered):
                    await self._stop.wait()
