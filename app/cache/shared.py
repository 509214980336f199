"""The cache of answers that are the same for everybody, renewed before they expire: nobody waits in a herd."""

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from app.cache.client import CALL_TIMEOUT_SECONDS, RedisClient
from app.cache.lane import CacheCallError, Lane
from app.cache.round_trip import Command
from app.core.ids import new_name
from app.core.metrics import CacheMetrics

# How long a process answers from its own memory before it asks the cache server again: what `forget` drops may be
# seen elsewhere for so long.
LOCAL_SECONDS = 1.0

# A mark outlives every load that began before it: no request lasts longer than 10 s (docs/api.md).
_MARK_SECONDS = 60.0

# Above 1 renews earlier, below 1 later; 1 is optimal for exponentially distributed load times (Vattani, Chierichetti,
# Lowenstein: Optimal Probabilistic Cache Stampede Prevention, VLDB 2015).
_BETA = 1.0

Load = Callable[[], Awaitable[bytes]]

# Leaves a mark in the place of the answer; it frees more than it takes.
_FORGET = """#!lua flags=allow-oom
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'm', ARGV[1])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

# Keeps an answer if the mark is the one that was there before it was made.
_FILL = """#!lua
if (redis.call('HGET', KEYS[1], 'm') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'a', ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[3])
"""


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


@dataclass(slots=True)
class _Found:
    """What is known of a name: the answer, if there is one, the mark of what was dropped last, and until when."""

    answer: SharedAnswer | None
    mark: bytes
    until: float


class SharedCache:
    """Keeps answers by name in this process and, where there is one, on the cache server.

    On the server a name is a hash: `a` is the answer, `m` the mark that `forget` left. What was loaded is kept there
    only if the mark is still the one from before the load; else it may be older than what was forgotten.
    """

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
        self._local: dict[str, _Found] = {}
        self._loads: dict[str, asyncio.Task[SharedAnswer]] = {}
        # How often each name was forgotten here, and which names the server has not been told of.
        self._forgotten: Counter[str] = Counter()
        self._owed: set[str] = set()

    async def get(self, name: str, load: Load, ttl_seconds: float) -> bytes:
        """Return the answer of that name, made by `load` if there is none or none that lasts.

        Of the callers of one process at most one loads; one that renews early does so while the others still get the
        old answer. An error of `load` reaches those who had nothing else to be given.
        """
        found = await self._find(name)
        content = self._use(name, found, load, ttl_seconds)
        if content is None:
            content = (await asyncio.shield(self._begin_load(name, load, ttl_seconds, found.mark))).content
        return content

    def find_near(self, name: str, load: Load, ttl_seconds: float) -> bytes | None:
        """Return what `get` would, if this process has it and need ask nobody; None otherwise."""
        kept = self._local.get(name)
        if kept is None or kept.until <= self._now():
            return None
        return self._use(name, kept, load, ttl_seconds)

    def _use(self, name: str, found: _Found, load: Load, ttl_seconds: float) -> bytes | None:
        """Return the answer that was found, if it lasts; renew it if chance says so."""
        answer = found.answer
        if answer is None or answer.expires_at <= self._now():
            return None
        if answer.is_due(self._now(), 1 - self._draw()):
            self._begin_load(name, load, ttl_seconds, found.mark)
        return answer.content

    async def forget(self, name: str) -> None:
        """Drop the answer: here at once, elsewhere within `LOCAL_SECONDS`.

        If the server cannot be told, it is told ahead of the next question about that name. Until then, and where
        there is no server, other processes may have the answer for as long as it lasts.
        """
        self._drop(name)
        self._owed.add(name)
        await self._pay(name)
        self._drop(name)  # what was found meanwhile may have been asked for before the server was told

    async def close(self) -> None:
        """Wait for what is being loaded."""
        await asyncio.gather(*self._loads.values(), return_exceptions=True)
        if self._lane is not None:
            await self._lane.close()

    def _drop(self, name: str) -> None:
        self._forgotten[name] += 1
        self._local.pop(name, None)
        self._loads.pop(name, None)  # what is being loaded may be older than this

    async def _pay(self, name: str) -> bool:
        """Tell the server what is to be forgotten; return whether it knows."""
        if name in self._owed:
            times = self._forgotten[name]
            mark = new_name().encode()
            reply = await self._call(("EVAL", _FORGET, 1, _key_of(name), mark, round(_MARK_SECONDS * 1000)))
            if reply is None:
                return False
            if times == self._forgotten[name]:
                self._owed.discard(name)
        return True

    async def _find(self, name: str) -> _Found:
        kept = self._local.get(name)
        if kept is not None and kept.until > self._now():
            return kept
        times, asked_at = self._forgotten[name], self._now()
        reply = await self._call(("HMGET", _key_of(name), "a", "m")) if await self._pay(name) else None
        if reply is not None:
            content, mark = reply
            answer = None if content is None else SharedAnswer.decode(content)
            found = _Found(answer, mark or b"", asked_at + LOCAL_SECONDS)
        elif kept is not None:
            found = _Found(kept.answer, kept.mark, asked_at + LOCAL_SECONDS)
        else:
            found = _Found(None, b"", asked_at)
        if found.answer is not None:
            self._keep(name, found, times)
        return found

    def _keep(self, name: str, found: _Found, times: int) -> bool:
        """Keep what was found or made, unless the name was forgotten meanwhile."""
        if times != self._forgotten[name]:
            return False
        self._local[name] = found
        return True

    def _begin_load(self, name: str, load: Load, ttl_seconds: float, mark: bytes) -> "asyncio.Task[SharedAnswer]":
        under_way = self._loads.get(name)
        if under_way is None:
            under_way = asyncio.create_task(self._load(name, load, ttl_seconds, mark))
            self._loads[name] = under_way
            under_way.add_done_callback(lambda task: self._end_load(name, task))
        return under_way

    def _end_load(self, name: str, task: "asyncio.Task[SharedAnswer]") -> None:
        if self._loads.get(name) is task:
            del self._loads[name]
        if not task.cancelled():
            task.exception()  # marks it as seen: who waits for it gets it anyway

    async def _load(self, name: str, load: Load, ttl_seconds: float, mark: bytes) -> SharedAnswer:
        times, began = self._forgotten[name], self._now()
        content = await load()
        ended = self._now()
        answer = SharedAnswer(content, ended + ttl_seconds, max(ended - began, 0))
        # Counted from the beginning: what was changed since is known elsewhere `LOCAL_SECONDS` later.
        if self._keep(name, _Found(answer, mark, began + LOCAL_SECONDS), times):
            ttl_milliseconds = max(round(ttl_seconds * 1000), 1)
            await self._call(("EVAL", _FILL, 1, _key_of(name), mark, answer.encode(), ttl_milliseconds))
        return answer

    async def _call(self, command: Command) -> Any:
        """Return the server's reply, or None when there is no server or none that answers."""
        if self._lane is None:
            return None
        try:
            return await self._lane.call(command)
        except CacheCallError:
            self._metrics.errors.labels("shared").inc()
            return None


def _key_of(name: str) -> str:
    return f"taskfleet:shared:{name}"
