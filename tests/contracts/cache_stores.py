"""The implementations of `CacheStore`, and for each a way to let time pass and to lose everything."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid4

from prometheus_client import CollectorRegistry

from app.cache.client import CacheClient
from app.cache.memory_store import MemoryStore
from app.cache.redis_store import RedisStore
from app.cache.store import (
    CachedSession,
    CacheStore,
    FenceRelease,
    Reading,
    answer_field,
    cached_session,
    session_field,
)
from app.core.metrics import CacheMetrics, FillOutcome
from app.core.settings import CacheSettings
from tests.waiting import until

TTL_SECONDS = 30
NAME = b"/api/v1/tasks"


class Kit(Protocol):
    """Two handles on one store, as two processes have them, and what a test does to it."""

    store: CacheStore
    other: CacheStore

    async def elapse(self, user_id: UUID, seconds: float) -> None:
        """Let the time pass for what is kept of this user."""
        ...

    async def lose(self, user_id: UUID) -> None:
        """Drop everything that is kept of the user, as an eviction does."""
        ...


def new_metrics() -> CacheMetrics:
    """Return metrics that nobody else counts with."""
    return CacheMetrics(CollectorRegistry())


def count_fills(metrics: CacheMetrics, outcome: FillOutcome) -> float:
    """How many fills ended so."""
    count: float = metrics.fills[outcome]._value.get()
    return count


@dataclass
class MemoryKit:
    """The store of a lone process, whose clock stands still."""

    now: float = 1000.0
    published: list[tuple[UUID, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = self.other = MemoryStore(
            TTL_SECONDS, new_metrics(), lambda *event: self.published.append(event), lambda: self.now
        )

    async def elapse(self, user_id: UUID, seconds: float) -> None:
        self.now += seconds

    async def lose(self, user_id: UUID) -> None:
        self.store._remove(user_id)


@dataclass
class RedisKit:
    """Two stores on one server. Time passes by moving what is kept of a user into the past."""

    store: RedisStore
    other: RedisStore
    client: CacheClient

    async def elapse(self, user_id: UUID, seconds: float) -> None:
        key, run = _key_of(user_id), self.client.redis.execute_command
        left_ms = await run("PTTL", key) - round(seconds * 1000)
        if left_ms <= 0:
            await run("DEL", key)
            return
        head, kept_until = await run("HMGET", key, "h", "k")
        nonce, revision, fences = head.decode().split(" ")
        earlier = [
            f"{token}:{int(expiry) - round(seconds * 1000)}"
            for token, expiry in (fence.split(":") for fence in fences.split(";") if fence)
        ]
        head = f"{nonce} {revision} {';'.join(earlier)}"
        await run("HSET", key, "h", head, "k", int(kept_until) - round(seconds * 1000))
        await run("PEXPIRE", key, left_ms)

    async def lose(self, user_id: UUID) -> None:
        await self.client.redis.execute_command("DEL", _key_of(user_id))


def _key_of(user_id: UUID) -> str:
    return f"taskfleet:user:{{{user_id}}}"


@asynccontextmanager
async def open_store(url: str, metrics: CacheMetrics | None = None) -> AsyncIterator[RedisStore]:
    """A store as a process has it, from the moment on when it believes the server."""
    settings = CacheSettings(url=url, ttl_seconds=TTL_SECONDS)
    client = CacheClient(settings)
    store = RedisStore(client, settings, metrics or new_metrics())
    try:
        async with store.running():
            await until(lambda: not store._watch.is_away)
            yield store
    finally:
        await client.close()


@asynccontextmanager
async def open_redis_kit(url: str) -> AsyncIterator[RedisKit]:
    """Two stores on a running server."""
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(open_store(url)) for _ in range(2)]
        client = CacheClient(CacheSettings(url=url))
        stack.push_async_callback(client.close)
        yield RedisKit(first, second, client)


@dataclass
class Person:
    """A user with a session, and what is asked for it."""

    kit: Kit
    user_id: UUID = field(default_factory=uuid4)
    session_id: UUID = field(default_factory=uuid4)

    @property
    def session(self) -> CachedSession:
        """The session as it is asked for."""
        return cached_session(self.user_id, self.session_id)

    async def read(self, store: CacheStore | None = None) -> Reading:
        """What the store tells, from the first of the two handles by default."""
        return await (store or self.kit.store).read(self.session, NAME)

    async def open(self, store: CacheStore | None = None) -> bytes:
        """Return the nonce of the present generation, or of one that is begun."""
        reading = await self.read(store)
        if reading.generation is None:
            reading = await (store or self.kit.store).open_generation(self.user_id, reading.seen)
        assert reading.generation is not None
        return reading.generation

    async def fill(self, generation: bytes, revision: int, answer: bytes, store: CacheStore | None = None) -> None:
        """Offer an answer."""
        await (store or self.kit.store).fill(self.user_id, generation, revision, {answer_field(NAME): answer})

    async def know_session(self, generation: bytes, revision: int) -> None:
        """Keep what the account of the session is."""
        fields = {session_field(self.session_id): b"user Europe/Paris"}
        await self.kit.store.fill(self.user_id, generation, revision, fields)

    async def begin_change(self, token: str, *, keeps_sessions: bool = True, store: CacheStore | None = None) -> None:
        """Raise a fence."""
        await (store or self.kit.store).raise_fence(self.user_id, token, keeps_sessions=keeps_sessions)

    async def end_change(
        self, token: str, revision: int | None, *, keeps_sessions: bool = True, store: CacheStore | None = None
    ) -> None:
        """Lower it."""
        release = FenceRelease(revision, keeps_sessions)
        await (store or self.kit.store).lower_fence(self.user_id, token, release)

    async def change(self, revision: int, *, keeps_sessions: bool = True) -> None:
        """Raise a fence and lower it."""
        await self.begin_change("whole", keeps_sessions=keeps_sessions)
        await self.end_change("whole", revision, keeps_sessions=keeps_sessions)
