"""The per-user cache on a Redis-compatible server."""

import asyncio
import contextlib
import functools
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import structlog
from redis.exceptions import OutOfMemoryError

from app.cache.client import CALL_TIMEOUT_SECONDS, CacheClient
from app.cache.lane import TURNS_TO_COME_BACK, CacheCallError, Lane
from app.cache.near_answers import NearAnswer, NearAnswers
from app.cache.round_trip import Command
from app.cache.scripts import FILL, LOWER_FENCE, OPEN_GENERATION, PUBLISH, RAISE_FENCE
from app.cache.store import (
    FENCE_LIFETIME_SECONDS,
    MAX_USER_BYTES,
    AskAgain,
    CacheBypassError,
    CachedSession,
    FenceRelease,
    Reading,
    answer_field,
    user_key,
)
from app.cache.watch import WRITE_PATIENCE_SECONDS, Watch
from app.core.ids import new_name
from app.core.metrics import CacheMetrics, FillOutcome
from app.core.settings import CacheSettings

_FENCE_LIFETIME_MS = FENCE_LIFETIME_SECONDS * 1000
# Generations that began together, as after a fault, must not end together.
TTL_JITTER = 0.2
# Once the server is known to be silent, a call shows within this whether it is back.
_SILENT_CALL_TIMEOUT_SECONDS = 0.025
_RETRY_SECONDS = 0.02
# A process that itself was stopped for a while finds the deadline of its first attempt over before it was sent.
_LEAST_ATTEMPTS = 2
# Users whose generation could not be ended while the server was away; of more, the lifetime takes care.
_MAX_SUSPECTS = 10_000
# So many scripts take some milliseconds, of the deadline of a tenth of a second that they share with others' changes.
_SUSPECTS_AT_ONCE = 100

# What `FILL` returns.
_FILL_OUTCOMES: dict[int, FillOutcome] = {1: "stored", 0: "outdated", -1: "too_large"}

_CHANNEL_PREFIX = "taskfleet:revision:"

logger = structlog.get_logger(__name__)


def channel_of(user_id: UUID) -> str:
    """The channel on which a user's new revisions are published."""
    return f"{_CHANNEL_PREFIX}{user_id}"


def user_of_channel(channel: bytes) -> UUID | None:
    """The user whose revisions are published on a channel, or None if it is another channel."""
    prefix, _, user_id = channel.decode("latin-1").rpartition(":")
    if f"{prefix}:" != _CHANNEL_PREFIX:
        return None
    try:
        return UUID(user_id)
    except ValueError:
        return None


@functools.lru_cache(maxsize=10_000)
def _read_head(head: bytes) -> tuple[bytes, int, int | None, bool]:
    """Return the nonce, its birth in microseconds, the revision if it is known, and whether a fence stands."""
    nonce, revision, fences = head.split(b" ")
    return nonce, int(nonce.partition(b".")[0]), None if revision == b"-" else int(revision), bool(fences)


class RedisStore:
    """Implements `CacheStore`."""

    def __init__(
        self,
        client: CacheClient,
        settings: CacheSettings,
        metrics: CacheMetrics,
        publish: Callable[[UUID, int], None] = lambda _user_id, _revision: None,
    ) -> None:
        """`publish` is told of the revisions that this process makes, which it needs not hear from the server."""
        self._metrics = metrics
        self._publish = publish
        self._ttl_ms = settings.ttl_seconds * 1000
        self._watch = Watch(client.server_time_us, metrics, self._begin_to_end_suspects)
        self._ending: asyncio.Task[None] | None = None
        self._reads = Lane(client.redis, lambda: CALL_TIMEOUT_SECONDS, TURNS_TO_COME_BACK)
        self._writes = Lane(client.redis, self._write_timeout_seconds)
        self._near = NearAnswers()
        self._suspects: dict[UUID, tuple[str, int | None]] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch the server while the block runs."""
        watching = asyncio.create_task(self._watch.run())
        try:
            yield
        finally:
            watching.cancel()
            if self._ending is not None:
                self._ending.cancel()  # what it leaves undone ends with its lifetime
            under_way = [task for task in (watching, self._ending) if task is not None]
            await asyncio.wait(under_way, timeout=CALL_TIMEOUT_SECONDS)
            await self._reads.close()
            await self._writes.close()

    async def read(self, session: CachedSession, answer_name: bytes | None) -> Reading:
        """Return what there is, in one round trip that equal reads of the same moment share.

        An answer that this process has seen is not sent again; if it is no longer the present one, there is a second.
        """
        query = ("HMGET", session.user_key, b"h", session.field)
        if answer_name is None:
            return self._to_reading(*self._hear("read", await self._post(query)))
        near = self._near.find(session.user_key, answer_name)
        if near is not None:
            reply = self._hear("read", await self._post(query))
            if near.reading is not None and reply == near.reply and self._watch.believes(near.born_us):
                return near.reading
            reading = self._to_reading(*reply)
            if reading.generation == near.generation:
                reading.answer = near.answer
                near.reply, near.reading, near.born_us = reply, reading, _read_head(reply[0])[1]
                return reading
            self._near.drop(session.user_key, answer_name)
            if reading.generation is None or reading.is_fenced:
                return reading
        reading = self._to_reading(*self._hear("read", await self._post((*query, answer_field(answer_name)))))
        if reading.generation is not None and reading.answer is not None:
            self._near.keep(session.user_key, answer_name, reading.generation, reading.answer)
        return reading

    def recall(self, session: CachedSession, answer_name: bytes) -> AskAgain | None:
        """Return how to ask whether an answer still holds that this process knows, if it does."""
        near = self._near.find(session.user_key, answer_name)
        if near is None or near.reading is None or self._watch.is_away:
            return None
        return functools.partial(self._ask_again, session, near)

    def _ask_again(self, session: CachedSession, near: NearAnswer, hear: Callable[[Reading | None], None]) -> None:
        reply = self._reads.post(("HMGET", session.user_key, b"h", session.field))
        reply.add_done_callback(lambda reply: hear(self._confirm(near, reply.result())))

    def _confirm(self, near: NearAnswer, reply: Any) -> Reading | None:
        try:
            is_same = self._hear("read", reply) == near.reply
        except CacheBypassError:
            return None
        except Exception:
            logger.exception("cache_call_failed")  # a fault of ours; whoever asked has to hear all the same
            return None
        return near.reading if is_same and self._watch.believes(near.born_us) else None

    async def open_generation(self, user_id: UUID, seen: bytes | None) -> Reading:
        """Begin a generation in place of `seen`, unless somebody else just did."""
        command = self._renewal(OPEN_GENERATION, user_id, seen or b"")
        reading = self._to_reading(self._hear("open", await self._post(command)))
        if reading.generation is None:
            raise CacheBypassError
        return reading

    def _to_reading(self, head: bytes | None, session: bytes | None = None, answer: bytes | None = None) -> Reading:
        if head is None:
            return Reading(generation=None)
        nonce, born_us, revision, is_fenced = _read_head(head)
        if not self._watch.believes(born_us):
            return Reading(generation=None, seen=nonce, is_fenced=is_fenced)
        return Reading(nonce, nonce, is_fenced, revision, session, answer)

    async def fill(self, user_id: UUID, generation: bytes, revision: int, fields: Mapping[bytes, bytes]) -> None:
        """Add fields to the generation if it is still the present one."""
        if self._watch.is_away:
            return
        pairs = [part for pair in fields.items() for part in pair]
        try:
            stored = await self._reads.call(_eval(FILL, user_id, generation, revision, MAX_USER_BYTES, *pairs))
        except CacheCallError as error:
            # A full server refuses to store; it is not away.
            outcome: FillOutcome = "failed"
            self._metrics.errors.labels("fill").inc()
            if not isinstance(error.cause, OutOfMemoryError):
                self._watch.report_failure(error.cause, error.began)
        else:
            outcome = _FILL_OUTCOMES[stored]
        self._metrics.fills[outcome].inc()

    async def raise_fence(self, user_id: UUID, token: str, *, keeps_sessions: bool) -> None:
        """End the generation; while the fence stands, nothing is filled or answered."""
        command = self._renewal(RAISE_FENCE, user_id, token, int(keeps_sessions))
        await self._tell("raise", command)

    async def lower_fence(self, user_id: UUID, token: str, release: FenceRelease) -> None:
        """End the generation again, publish the revision and take this fence away."""
        if await self._tell("lower", self._lowering(user_id, token, release)):
            self._suspects.pop(user_id, None)
        elif len(self._suspects) < _MAX_SUSPECTS:
            self._suspects[user_id] = (token, release.revision)
        if release.revision is not None:
            self._publish(user_id, release.revision)

    def _post(self, command: Command) -> Awaitable[Any]:
        """Make a call that may fail, unless the cache is bypassed anyway; its result is for `_hear`."""
        if self._watch.is_away:
            raise CacheBypassError
        return self._reads.post(command)

    def _hear(self, name: str, reply: Any) -> Any:
        """Return the reply; if the call failed, or ended too late to be believed, the cache is bypassed."""
        if isinstance(reply, CacheCallError):
            self._metrics.errors.labels(name).inc()
            self._watch.report_failure(reply.cause, reply.began)
            raise CacheBypassError from reply
        if not self._watch.report_answer():
            raise CacheBypassError
        return reply

    async def _tell(self, name: str, command: Command) -> bool:
        """Make a call that must get through; whether it did before all patience was gone (see `app.cache.watch`)."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for attempt in itertools.count(1):
            try:
                await self._writes.call(command)
            except CacheCallError as error:
                self._metrics.errors.labels(name).inc()
                self._watch.report_failure(error.cause, error.began)
                waited_seconds = max(self._watch.silent_seconds(), loop.time() - began)
            else:
                self._watch.report_answer()
                return True
            if waited_seconds >= WRITE_PATIENCE_SECONDS and attempt >= _LEAST_ATTEMPTS:
                break
            await asyncio.sleep(_RETRY_SECONDS)
        self._watch.distrust()
        return False

    async def _begin_to_end_suspects(self) -> None:
        """The server has just come back: see to those whose changes it could not be told of."""
        if self._ending is None or self._ending.done():
            self._ending = asyncio.create_task(self._end_suspects())

    async def _end_suspects(self) -> None:
        """End their generations, some at a time, so that others' changes need not wait long for theirs."""
        while self._suspects:
            portion = list(itertools.islice(self._suspects.items(), _SUSPECTS_AT_ONCE))
            ended = await asyncio.gather(*(self._end_suspect(user_id, *suspect) for user_id, suspect in portion))
            if not all(ended):
                return  # the rest is seen to when the server is back once more

    async def _end_suspect(self, user_id: UUID, token: str, revision: int | None) -> bool:
        # The revision may be known to the streams of other processes, but no more to the hash: others may have
        # changed it meanwhile without being heard either.
        if not await self._tell("lower", self._lowering(user_id, token, FenceRelease(None, keeps_sessions=False))):
            return False
        if revision is not None:
            with contextlib.suppress(CacheCallError):
                await self._writes.call(_eval(PUBLISH, user_id, channel_of(user_id), revision))
        if self._suspects.get(user_id, ("", None))[0] == token:
            del self._suspects[user_id]
        return True

    def _write_timeout_seconds(self) -> float:
        is_silent = self._watch.silent_seconds() >= WRITE_PATIENCE_SECONDS
        return _SILENT_CALL_TIMEOUT_SECONDS if is_silent else CALL_TIMEOUT_SECONDS

    def _lowering(self, user_id: UUID, token: str, release: FenceRelease) -> Command:
        revision = "-" if release.revision is None else release.revision
        return self._renewal(LOWER_FENCE, user_id, token, int(release.keeps_sessions), revision, channel_of(user_id))

    def _renewal(self, script: str, user_id: UUID, *arguments: object) -> Command:
        """A call of a script that may begin a generation."""
        ttl_ms = round(self._ttl_ms * random.uniform(1 - TTL_JITTER, 1))  # noqa: S311 - spreads load, guards nothing
        return _eval(script, user_id, new_name(), ttl_ms, _FENCE_LIFETIME_MS, *arguments)


def _eval(script: str, user_id: UUID, *arguments: object) -> Command:
    # The server knows a script that it has seen; sending the text all the same needs no dance on a restarted one.
    return ("EVAL", script, 1, user_key(user_id), *arguments)
