"""The cache of answers that are the same for everybody, renewed before they expire: nobody waits in a herd."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.cache.client import CALL_TIMEOUT_SECONDS, RedisClient
from app.cache.lane import CacheCallError, Lane
from app.cache.round_trip import Command
from app.core.metrics import CacheMetrics

# How long a process answers from its own memory before it asks the cache server again: what `forget` drops may be
# seen elsewhere for so long.
LOCAL_SECONDS = 1.0

# Above 1 renews earlier, below 1 later; 1 is optimal for exponentially distributed load times (Vattani, Chierichetti,
# Lowenstein: Optimal Probabilistic Cache Stampede Prevention, VLDB 2015).
_BETA = 1.0

Load = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """An answer with what decides about its renewal: when it expires (Unix time), and how long it took to make."""

    content: bytes
    expires_at: float
    load_seconds: float

    def is_due(self, now: float, chance: float) -> bool:
        """Whether to renew it now; `chance` is drawn anew for each question, evenly from (0, 1].

        Far from its end hardly anybody is told to, near it everybody would be: on average one caller is, in time.
        """
        return now - self.load_seconds * _BETA * math.log(chance) >= self.expires_at

    def encode(self) -> bytes:
        """Return it as the cache server keeps it."""
        return f"{self.expires_at} {self.load_seconds}\n".encode() + self.content

    @classmethod
    def decode(cls, stored: bytes) -> "SharedAnswer":
        """Read what `encode` wrote."""
        head, _, content = stored.partition(b"\n")
        expires_at, load_seconds = head.split(b" ")
        return cls(content, float(expires_at), float(load_seconds))


class SharedCache:
    """Keeps answers by name in this process and, where there is one, on the cache server."""

    def __init__(
        self,
        client: RedisClient | None,
        metrics: CacheMetrics,
        now: Callable[[], float] = time.time,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._lane = None if client is None else Lane(client, lambda: CALL_TIMEOUT_SECONDS)
        self._metrics = metrics
        self._now = now
        self._draw = draw
        self._local: dict[str, tuple[SharedAnswer, float]] = {}
        self._loads: dict[str, asyncio.Task[SharedAnswer]] = {}

    async def get(self, name: str, load: Load, ttl_seconds: float) -> bytes:
        """Return the answer of that name, made by `load` if there is none or none that lasts.

        Of the callers of one process at most one loads; one that renews early does so while the others still get the
        old answer. An error of `load` reaches those who had nothing else to be given.
        """
        answer = await self._find(name)
        if answer is None or answer.expires_at <= self._now():
            return (await asyncio.shield(self._begin_load(name, load, ttl_seconds))).content
        if answer.is_due(self._now(), 1 - self._draw()):
            self._begin_load(name, load, ttl_seconds)
        return answer.content

    async def forget(self, name: str) -> None:
        """Drop the answer: here at once, elsewhere within `LOCAL_SECONDS`."""
        self._local.pop(name, None)
        self._loads.pop(name, None)  # what is being loaded may be older than this
        await self._call(("DEL", _key_of(name)))

    async def close(self) -> None:
        """Wait for what is being loaded."""
        await asyncio.gather(*self._loads.values(), return_exceptions=True)
        if self._lane is not None:
            await self._lane.close()

    async def _find(self, name: str) -> SharedAnswer | None:
        kept = self._local.get(name)
        if kept is not None and kept[1] > self._now():
            return kept[0]
        stored = await self._call(("GET", _key_of(name)))
        if isinstance(stored, bytes):
            return self._keep(name, SharedAnswer.decode(stored))
        return None if kept is None else kept[0]

    def _keep(self, name: str, answer: SharedAnswer) -> SharedAnswer:
        self._local[name] = (answer, self._now() + LOCAL_SECONDS)
        return answer

    def _begin_load(self, name: str, load: Load, ttl_seconds: float) -> "asyncio.Task[SharedAnswer]":
        under_way = self._loads.get(name)
        if under_way is None:
            under_way = self._loads[name] = asyncio.create_task(self._load(name, load, ttl_seconds))
            under_way.add_done_callback(lambda task: self._end_load(name, task))
        return under_way

    def _end_load(self, name: str, task: "asyncio.Task[SharedAnswer]") -> None:
        if self._loads.get(name) is task:
            del self._loads[name]
        if not task.cancelled():
            task.exception()  # marks it as seen: who waits for it gets it anyway

    async def _load(self, name: str, load: Load, ttl_seconds: float) -> SharedAnswer:
        began = self._now()
        content = await load()
        ended = self._now()
        answer = SharedAnswer(content, ended + ttl_seconds, max(ended - began, 0))
        if self._loads.get(name) is asyncio.current_task():  # nobody said meanwhile that it should be forgotten
            self._keep(name, answer)
            await self._call(("SET", _key_of(name), answer.encode(), "PX", max(round(ttl_seconds * 1000), 1)))
        return answer

    async def _call(self, command: Command) -> object:
        if self._lane is None:
            return None
        try:
            return await self._lane.call(command)
        except CacheCallError:
            self._metrics.errors.labels("shared").inc()
            return None


def _key_of(name: str) -> str:
    return f"taskfleet:shared:{name}"
