"""Server-sent events: tells a client each new revision of its user for as long as it listens and may do so."""

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncGenerator, Iterator
from typing import ClassVar

from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.types import Receive, Scope, Send

from app.api.security import Security
from app.cache.revision_feed import Mailbox, RevisionFeed
from app.core.errors import ProblemError, UnauthenticatedError
from app.core.identity import Caller
from app.core.metrics import EventMetrics
from app.data.failures import DatabaseError

# The contract's number: a comment every 15 s, never later.
HEARTBEAT_SECONDS = 15.0
# Streams that opened together must not beat together. The rest of the 15 s is for the look that a heartbeat takes.
_HEARTBEAT_JITTER = (0.6, 0.85)
_LOOK_TIMEOUT_SECONDS = 2.0
# A subscription is confirmed within a millisecond or so; one that takes longer makes the stream look once more.
_SUBSCRIPTION_PATIENCE_SECONDS = 0.1
# How long a client waits before it comes back, in milliseconds. When a process ends, its clients come back to the
# others within this range rather than at once.
_RETRY_MILLISECONDS = (1_000, 5_000)
# In one process. A browser keeps at most six connections to a host over HTTP/1.1: this is for the tabs of three
# browsers, and two more for clients that have vanished without a word and were not given up yet.
MAX_STREAMS = 20

# Under this name the app hands the server, in the state of its lifespan, what ends all streams.
END_STREAMS = "end_streams"

# Integers that JSON readers of every language hold exactly have at most 16 digits (RFC 8259, section 6).
_REVISION = re.compile(r"[0-9]{1,16}", re.ASCII)


class TooManyStreamsError(ProblemError):
    """The user has as many streams open as one may have."""

    slug = "too-many-streams"
    title = "Too many streams"
    status = 429

    # A stream whose client has gone is noticed with its next heartbeat, if not before.
    RETRY_AFTER_SECONDS: ClassVar[int] = 15

    def __init__(self) -> None:
        super().__init__(
            f"At most {MAX_STREAMS} streams may be open at a time; close one.",
            headers={"Retry-After": str(self.RETRY_AFTER_SECONDS)},
        )


class EventStreams:
    """Opens streams; built once, found on `app.state.events`."""

    def __init__(
        self,
        feed: RevisionFeed,
        security: Security,
        metrics: EventMetrics,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self.feed = feed
        self.security = security
        self.metrics = metrics
        self.heartbeat_seconds = heartbeat_seconds

    def answer(self, caller: Caller, last_event_id: str | None) -> "EventStreamResponse":
        """Return the answer to a client that heard this event last, if any; what is no revision counts as none."""
        known_revision = int(last_event_id) if last_event_id and _REVISION.fullmatch(last_event_id) else None
        return EventStreamResponse(self, caller, known_revision)

    @contextlib.contextmanager
    def open(self, caller: Caller, known_revision: int | None) -> Iterator["EventStream"]:
        """Keep a stream open while the block runs. Raises `TooManyStreamsError`."""
        if self.feed.count_of(caller.user_id) >= MAX_STREAMS:
            raise TooManyStreamsError
        with self.feed.open(caller.user_id) as mailbox, self.metrics.streams.track_inprogress():
            yield EventStream(self, mailbox, caller, known_revision)

    def close(self) -> None:
        """End all streams, and from now on each one as soon as it opens."""
        self.feed.close()


class EventStream:
    """What one client is sent; `known_revision` is the one that it says it knows."""

    def __init__(self, streams: EventStreams, mailbox: Mailbox, caller: Caller, known_revision: int | None) -> None:
        self._streams = streams
        self._mailbox = mailbox
        self._caller = caller
        self._told_revision = known_revision
        self._beat_at = 0.0

    async def run(self) -> AsyncGenerator[bytes, None]:
        """Yield the stream in pieces, until the session has ended or the service ends."""
        yield b""  # with which the head of the answer leaves, whatever keeps the rest waiting
        piece = await self._begin()
        while piece is not None:
            if piece:
                yield piece
            piece = await self._continue()

    async def _begin(self) -> bytes | None:
        # Only now does nothing escape the mailbox, so what was current at the time of the request may be no more.
        news = await self._mailbox.wait(_SUBSCRIPTION_PATIENCE_SECONDS)
        if not await self._look():
            return None
        self._schedule_beat()
        current = max(self._caller.revision, news.revision or 0)
        # An id that lies ahead of the counter is of another history, as before the restore of a backup. Its client
        # has to know, and moves to where the counter stands; from there on revisions only grow.
        event = b"" if self._told_revision == current else self._tell(current)
        self._told_revision = current
        retry_milliseconds = random.randint(*_RETRY_MILLISECONDS)  # noqa: S311 - spreads load, guards nothing
        return format_sse_event(comment=f"revision {current}", retry=retry_milliseconds) + event

    async def _continue(self) -> bytes | None:
        loop = asyncio.get_running_loop()
        news = await self._mailbox.wait(self._beat_at - loop.time())
        if self._mailbox.is_closed:
            return None
        has_looked = news.has_gap or loop.time() >= self._beat_at
        if has_looked and not await self._look():
            return None
        newest = max(self._caller.revision, news.revision or 0)
        piece = b""
        if newest > (self._told_revision or 0):
            piece = self._tell(newest)
            self._told_revision = newest
        if has_looked and loop.time() >= self._beat_at:
            piece += format_sse_event(comment=f"revision {self._told_revision}")
            self._schedule_beat()
        return piece

    def _schedule_beat(self) -> None:
        pause_seconds = self._streams.heartbeat_seconds * random.uniform(*_HEARTBEAT_JITTER)  # noqa: S311 - as above
        self._beat_at = asyncio.get_running_loop().time() + pause_seconds

    async def _look(self) -> bool:
        """Find out how the caller stands now; return whether the stream may go on.

        When neither the cache nor MongoDB can tell in time, things are taken to be as they were.
        """
        try:
            async with asyncio.timeout(_LOOK_TIMEOUT_SECONDS):
                self._caller = await self._streams.security.check_again(self._caller)
        except UnauthenticatedError:
            return False
        except (DatabaseError, TimeoutError):
            return True
        return True

    def _tell(self, revision: int) -> bytes:
        self._streams.metrics.events.inc()
        return format_sse_event(event="revision", id=str(revision), data_str=f'{{"revision": {revision}}}')


class EventStreamResponse(EventSourceResponse):
    """Sends a stream. It is open exactly as long as the response is at work, however that ends."""

    def __init__(self, streams: EventStreams, caller: Caller, known_revision: int | None) -> None:
        # nginx would otherwise gather events until a buffer is full.
        super().__init__((), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._streams = streams
        self._caller = caller
        self._known_revision = known_revision

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raise `TooManyStreamsError` before anything is sent, or send until the stream or the client ends."""
        with self._streams.open(self._caller, self._known_revision) as stream:
            async with contextlib.aclosing(stream.run()) as self.body_iterator:
                await super().__call__(scope, receive, send)
