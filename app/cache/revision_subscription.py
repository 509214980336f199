"""The one pub/sub connection of a process, over which it hears of the changes that other processes made."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar
from uuid import UUID

import structlog

from app.cache.client import CACHE_ERRORS, CacheClient
from app.cache.redis_store import channel_of, user_of_channel
from app.cache.revision_feed import RevisionFeed
from app.core.metrics import CacheMetrics

Result = TypeVar("Result")

# Nobody waits for these calls, so they may take longer than those of a request. Within this a connection is opened
# to a server at the other end of a continent.
CALL_TIMEOUT_SECONDS = 1.0
# A silent connection is asked for a sign of life this often, and given up after so many missing ones: a message that
# is lost with it is made good when another connection stands, well before the next heartbeat of a stream.
PROBE_SECONDS = 1.0
SILENCE_SECONDS = 3.0
# The first attempt to reconnect is immediate for a person, the later ones are no burden for a server that starts.
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0
# Each channel that is subscribed makes the streams of a user look for the current revision. In these portions ten
# thousand of them take 5 s after a reconnect, rather than the database by storm.
_PORTION = 100
_PORTION_PAUSE_SECONDS = 0.05

logger = structlog.get_logger(__name__)


class RevisionSubscription:
    """Implements `Channels`: subscribes the users that have streams, and connects anew whenever that is needed.

    What is published while there is no connection is lost; hence each confirmed subscription is reported as a gap.
    """

    def __init__(self, client: CacheClient, feed: RevisionFeed, metrics: CacheMetrics) -> None:
        self._client = client
        self._feed = feed
        self._metrics = metrics
        self._pending: dict[UUID, None] = {}
        self._asked: set[UUID] = set()
        self._confirmed: set[UUID] = set()
        self._work = asyncio.Event()
        self._heard_at = 0.0
        self._failures = 0

    def update(self, user_id: UUID) -> None:
        """The user's first stream has opened, or the last one has closed."""
        self._pending[user_id] = None
        self._work.set()

    def hears(self, user_id: UUID) -> bool:
        """Whether the subscription of this user was confirmed on the present connection."""
        return user_id in self._confirmed

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the connection while the block runs."""
        keeping = asyncio.create_task(self._run())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait([keeping], timeout=2 * CALL_TIMEOUT_SECONDS)

    async def _run(self) -> None:
        """Connect again and again. Calls of redis-py are in tasks of their own, so that this one can be cancelled."""
        while True:
            try:
                await self._follow()
            except CACHE_ERRORS as error:
                self._note_failure(error)
            except Exception as error:  # a fault of ours or of redis-py must not end live updates for good
                logger.exception("feed_failed")
                self._note_failure(error)
            pause_seconds = min(_FIRST_PAUSE_SECONDS * 2 ** min(self._failures - 1, 10), _LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause_seconds * random.uniform(0.5, 1))  # noqa: S311 - spreads load

    def _note_failure(self, error: BaseException) -> None:
        self._metrics.errors.labels("feed").inc()
        self._failures += 1
        if self._failures == 1:
            logger.warning("feed_lost", error=type(error).__name__)

    async def _follow(self) -> None:
        """Serve one connection until it fails. Raises one of `CACHE_ERRORS`."""
        loop = asyncio.get_running_loop()
        pubsub = await _within(CALL_TIMEOUT_SECONDS, self._connect())
        self._heard_at = loop.time()
        reading = asyncio.create_task(self._read(pubsub))
        reading.add_done_callback(lambda _: self._work.set())
        self._asked.clear()
        self._pending = dict.fromkeys(self._feed.users)
        try:
            next_probe_at = loop.time()
            while not reading.done():
                if loop.time() >= next_probe_at:
                    await _within(CALL_TIMEOUT_SECONDS, pubsub.ping())
                    next_probe_at = loop.time() + PROBE_SECONDS
                self._work.clear()
                await self._send_portion(pubsub)
                await self._wait_for_work(next_probe_at - loop.time())
                if loop.time() - self._heard_at > SILENCE_SECONDS:
                    raise TimeoutError("the server is silent")
            reading.result()
        finally:
            self._confirmed.clear()
            _abandon(reading)
            with contextlib.suppress(*CACHE_ERRORS):
                await _within(CALL_TIMEOUT_SECONDS, pubsub.aclose())

    async def _connect(self) -> Any:
        pubsub = await self._client.open_pubsub()
        try:
            await pubsub.connect()
        except BaseException:
            await pubsub.aclose()
            raise
        return pubsub

    async def _wait_for_work(self, timeout_seconds: float) -> None:
        if self._pending:
            await asyncio.sleep(_PORTION_PAUSE_SECONDS)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(timeout_seconds, 0)):
                await self._work.wait()

    async def _send_portion(self, pubsub: Any) -> None:
        """Bring some subscriptions to what the open streams ask for."""
        portion = list(self._pending)[:_PORTION]
        for user_id in portion:
            del self._pending[user_id]
        users = self._feed.users
        joining = [user_id for user_id in portion if user_id in users and user_id not in self._asked]
        leaving = [user_id for user_id in portion if user_id not in users and user_id in self._asked]
        self._asked.update(joining)
        self._asked.difference_update(leaving)
        self._confirmed.difference_update(leaving)
        if joining:
            await _within(CALL_TIMEOUT_SECONDS, pubsub.subscribe(*map(channel_of, joining)))
        if leaving:
            await _within(CALL_TIMEOUT_SECONDS, pubsub.unsubscribe(*map(channel_of, leaving)))

    async def _read(self, pubsub: Any) -> None:
        while True:
            message = await pubsub.get_message(timeout=None)
            self._heard_at = asyncio.get_running_loop().time()
            if self._failures:
                logger.info("feed_connected")
                self._failures = 0
            if message is not None:
                self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        user_id = None if message["channel"] is None else user_of_channel(message["channel"])
        if user_id is None:
            return
        if message["type"] == "subscribe" and user_id in self._asked:
            self._confirmed.add(user_id)
            self._feed.report_gap(user_id)
        elif message["type"] == "message" and message["data"].isdigit():
            self._feed.publish(user_id, int(message["data"]))


async def _within(timeout_seconds: float, call: Coroutine[Any, Any, Result]) -> Result:
    """Await a call of redis-py, which may swallow a cancellation: after the deadline nobody waits for it any more."""
    task = asyncio.create_task(call)
    try:
        await asyncio.wait([task], timeout=timeout_seconds)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        _abandon(task)


# A task that nobody refers to may be collected before it ends.
_abandoned: set["asyncio.Task[Any]"] = set()


def _abandon(task: "asyncio.Task[Any]") -> None:
    """Cancel a task without waiting for its end, of which nobody wants to hear."""
    if not task.done():
        task.cancel()
    _abandoned.add(task)
    task.add_done_callback(_forget)


def _forget(task: "asyncio.Task[Any]") -> None:
    _abandoned.discard(task)
    if not task.cancelled():
        task.exception()  # asked for, so that it is not reported as never retrieved


@contextlib.asynccontextmanager
async def run_feed(client: CacheClient, metrics: CacheMetrics, feed: RevisionFeed) -> AsyncIterator[None]:
    """Connect the feed to the other processes, where there is a cache server, while the block runs."""
    async with contextlib.AsyncExitStack() as stack:
        if client.is_configured:
            subscription = RevisionSubscription(client, feed, metrics)
            feed.listen_to(subscription)
            await stack.enter_async_context(subscription.running())
        try:
            yield
        finally:
            feed.close()
