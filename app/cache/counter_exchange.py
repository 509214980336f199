"""What the processes tell each other through Redis about requests that they counted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import structlog
from redis.exceptions import RedisError

from app.cache.client import RedisClient
from app.cache.counters import Counter, CounterTable, SharedCounters, Window
from app.cache.round_trip import Command, RoundTrips
from app.core.metrics import Metrics

# How long a process may not know what the others admitted. In a tenth of a second, half a request arrives under a
# limit of 300 a minute that is used up evenly.
INTERVAL_SECONDS = 0.1
# A healthy server answers in well under a millisecond; nobody waits for this call.
CALL_TIMEOUT_SECONDS = 0.25
# A question and a push that both take as long as they may, and a margin.
FINISH_SECONDS = 3 * CALL_TIMEOUT_SECONDS
# A server that is away is looked for this often.
PAUSE_AFTER_FAILURE_SECONDS = 1.0
# So many windows keep the event loop for about 1 ms; then it has its turn.
BATCH_WINDOWS = 100
# By then every process has handed on what it counted before the edge: an interval and a failed call, twice.
SETTLED_AFTER_SECONDS = 2 * (INTERVAL_SECONDS + CALL_TIMEOUT_SECONDS)
# A window matters to the end of the next one, and nobody writes to it before it has begun.
LIFETIME_WINDOWS = 2

# Asked for to see whether somebody answers; a command without a key would have no place in a cluster.
_PROBE_KEY = "rate-limit/probe"

# Brings a count back that the server has lost. Whoever does it first wins; the others add nothing to it.
_RAISE = """
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
if known < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1
"""

logger = structlog.get_logger(__name__)


class CounterExchange:
    """Adds what this process counted to the shared counts, and learns those.

    A push that failed is repeated, because nobody knows whether it arrived. But after a failure the server must
    answer a question before anything is pushed again: a frozen one carries out later everything that it was sent.
    So one outage counts one push twice at most, however long it lasts.
    """

    def __init__(self, redis: RedisClient, counters: SharedCounters, metrics: Metrics) -> None:
        self._round_trips = RoundTrips(redis)
        self._counters = counters
        self._metrics = metrics
        # Whether the last exchange was complete.
        self._is_shared = False
        counters.record_changes()

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Exchange in the background as long as the context lasts, and once more at its end."""
        stopping = asyncio.Event()
        task = asyncio.create_task(self._repeat_until(stopping))
        try:
            yield
        finally:
            stopping.set()
            await _finish(task)
            await self.exchange()
            await self._round_trips.close()

    async def _repeat_until(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                await self.exchange()
            except Exception:
                # A fault of ours must not end the sharing for good.
                logger.exception("rate_limit_exchange_failed")
                self._conclude(is_shared=False)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL_SECONDS if self._is_shared else PAUSE_AFTER_FAILURE_SECONDS):
                    await stopping.wait()

    async def exchange(self) -> bool:
        """Push and learn once. Return whether the server answered; its absence raises nothing."""
        is_shared = await self._exchange()
        self._conclude(is_shared=is_shared)
        return is_shared

    def _conclude(self, *, is_shared: bool) -> None:
        if is_shared != self._is_shared:
            logger.info("rate_limits_shared") if is_shared else logger.warning("rate_limits_local")
        if not is_shared:
            self._metrics.rate_limit_exchange_failures.inc()
        self._metrics.rate_limits_shared.set(is_shared)
        self._is_shared = is_shared

    async def _exchange(self) -> bool:
        if not self._is_shared and not await self._answers([_PROBE_KEY]):
            return False
        for table, changes in self._counters.take_changes(BATCH_WINDOWS):
            if not await self._exchange_batch(table, changes):
                return False
        return True

    async def _exchange_batch(self, table: CounterTable, changes: Sequence[tuple[Window, Counter]]) -> bool:
        pushes = [_Push(window, counter, table.window_seconds) for window, counter in changes]
        replies: list[Any] = []
        try:
            # In a cluster these keys have other shards than the one that answered the probe.
            if self._is_shared or await self._answers([push.key for push in pushes]):
                replies = await self._send(self._begin(pushes, table))
        finally:
            remaining = iter(replies)
            for push in pushes:
                push.end(remaining)
                if push.has_failed or push.window.is_lost:
                    table.mark_changed(push.window, push.counter)
        return not any(push.has_failed for push in pushes)

    def _begin(self, pushes: Sequence["_Push"], table: CounterTable) -> list[Command]:
        commands = []
        for push in pushes:
            seconds = self._counters.seconds_since(push.window, table)
            commands += push.begin(is_settled=seconds > SETTLED_AFTER_SECONDS)
        return commands

    async def _answers(self, keys: Sequence[str]) -> bool:
        """Whether the server tells the values of these keys."""
        replies = await self._send([("GET", key) for key in keys])
        return bool(replies) and not any(isinstance(reply, Exception) for reply in replies)

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        """Return the replies, in one round trip; none if the server is away. Each command concerns one key."""
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                return await self._round_trips.make(commands)
        except (RedisError, OSError, TimeoutError):
            return []


async def _finish(task: asyncio.Task[None]) -> None:
    """Wait for a task that is about to end, so that nothing is cut off of which nobody knows whether it arrived."""
    await asyncio.wait([task], timeout=FINISH_SECONDS)
    # `asyncio.wait_for`, through which the client library sends, may swallow a cancellation before Python 3.12: that
    # of a deadline, and this one.
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CALL_TIMEOUT_SECONDS)


class _Push:
    """One window on its way to the server: a few commands, and as many replies."""

    __slots__ = ("_commands", "_is_settled", "_window_seconds", "counter", "has_failed", "window")

    def __init__(self, window: Window, counter: Counter, window_seconds: int) -> None:
        self.window = window
        self.counter = counter
        self.has_failed = True
        self._window_seconds = window_seconds
        self._is_settled = False
        self._commands: list[Command] = []

    @property
    def key(self) -> str:
        """Where the shared count is."""
        return self._key_at(self.window.index)

    def begin(self, *, is_settled: bool) -> list[Command]:
        """Return the commands; `is_settled` tells whether the window before changes no more."""
        window, key = self.window, self.key
        lifetime_milliseconds = LIFETIME_WINDOWS * self._window_seconds * 1000
        added = window.begin_push()
        if window.is_lost:
            self._commands.append(("EVAL", _RAISE, 1, key, window.count - added, lifetime_milliseconds))
        self._commands.append(("INCRBY", key, added))
        if not window.is_expiring:
            self._commands.append(("PEXPIRE", key, lifetime_milliseconds))
        if self.counter.current is window and not self.counter.is_previous_settled:
            self._is_settled = is_settled
            self._commands.append(("GET", self._key_at(window.index - 1)))
        return self._commands

    def end(self, replies: Iterator[Any]) -> None:
        """Read the replies to these commands; what may not have arrived is taken back."""
        # The commands come first: after the last of them no further reply is taken.
        names = [command[0] for command in self._commands]
        values = dict(zip(names, replies, strict=False))
        failed = {name for name in names if isinstance(values.get(name, _NO_REPLY), Exception)}
        self.has_failed = not self._commands or bool(failed)
        if not self._commands or "INCRBY" in failed:
            self.window.fail_push()
            return
        self.window.end_push(values["INCRBY"])
        if "PEXPIRE" in values and "PEXPIRE" not in failed and not self.window.is_lost:
            self.window.is_expiring = True
        if "GET" in values and "GET" not in failed and self.counter.current is self.window:
            self.counter.learn_previous(int(values["GET"] or 0))
            self.counter.is_previous_settled = self._is_settled

    def _key_at(self, index: int) -> str:
        return f"{self.counter.key}/{index}"


# Stands for the replies that never came.
_NO_REPLY = RedisError()
