"""One stream, piece by piece, with news and answers of the test's making."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import cast
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry
from pymongo.errors import AutoReconnect

from app.api import event_stream
from app.api.event_stream import (
    HEARTBEAT_SECONDS,
    MAX_STREAMS,
    EventStream,
    EventStreams,
    TooManyStreamsError,
)
from app.api.security import Security
from app.cache.revision_feed import RevisionFeed
from app.core.errors import UnauthenticatedError
from app.core.identity import Caller
from app.core.metrics import EventMetrics

ANN = UUID(int=1)
QUICK = 0.01


def caller(revision: int) -> Caller:
    return Caller(ANN, UUID(int=2), "user", revision, "UTC")


class Standing:
    """What a look finds: a revision, an error, or nothing ever."""

    def __init__(self) -> None:
        self.found: int | Exception | None = 0

    async def check_again(self, asking: Caller) -> Caller:
        if self.found is None:
            await asyncio.get_running_loop().create_future()
        assert self.found is not None
        if isinstance(self.found, Exception):
            raise self.found
        return caller(self.found)


class Scene:
    """A user with streams."""

    def __init__(self, heartbeat_seconds: float = QUICK) -> None:
        self.standing = Standing()
        self.feed = RevisionFeed()
        security = cast("Security", self.standing)
        self.streams = EventStreams(self.feed, security, EventMetrics(CollectorRegistry()), heartbeat_seconds)


async def revisions(pieces: AsyncGenerator[bytes, None], count: int) -> list[int]:
    """The revisions of the next events, heartbeats left out."""
    found: list[int] = []
    async for piece in pieces:
        found += [int(number) for number in re.findall(rb"^id: (\d+)$", piece, re.MULTILINE)]
        if len(found) >= count:
            break
    return found


async def begin(stream: EventStream) -> AsyncGenerator[bytes, None]:
    """What follows the first word of a stream."""
    pieces = stream.run()
    assert await anext(pieces) == b"", "the head leaves at once"
    assert await anext(pieces)
    return pieces


class TestAStream:
    async def test_tells_what_became_current_after_the_request_arrived(self) -> None:
        scene = Scene()
        scene.standing.found = 9
        with scene.streams.open(caller(7), 7) as stream:
            assert await revisions(stream.run(), 1) == [9]

    async def test_tells_what_was_published_before_it_looked(self) -> None:
        scene = Scene()
        with scene.streams.open(caller(0), None) as stream:
            scene.feed.publish(ANN, 3)
            assert await revisions(stream.run(), 1) == [3]

    async def test_never_goes_back_to_what_an_older_answer_says(self) -> None:
        scene = Scene()
        scene.standing.found = 5
        with scene.streams.open(caller(5), None) as stream:
            pieces = stream.run()
            assert await revisions(pieces, 1) == [5]
            scene.standing.found = 4
            scene.feed.publish(ANN, 3)
            beats = [await anext(pieces) for _ in range(3)]
            assert beats == [b": revision 5\n\n"] * 3

    async def test_moves_a_client_that_is_ahead_to_where_the_counter_stands(self) -> None:
        scene = Scene()
        scene.standing.found = 5
        with scene.streams.open(caller(5), 50) as stream:
            pieces = stream.run()
            assert await revisions(pieces, 1) == [5]
            scene.feed.publish(ANN, 6)
            assert await revisions(pieces, 1) == [6]

    @pytest.mark.parametrize("error", [AutoReconnect("no primary"), TimeoutError()])
    async def test_goes_on_while_nobody_can_tell_and_catches_up(self, error: Exception) -> None:
        scene = Scene()
        scene.standing.found = error
        with scene.streams.open(caller(5), None) as stream:
            pieces = stream.run()
            assert await revisions(pieces, 1) == [5]
            assert await anext(pieces) == b": revision 5\n\n"
            scene.feed.publish(ANN, 6)
            assert await revisions(pieces, 1) == [6]
            scene.standing.found = 7
            assert await revisions(pieces, 1) == [7]

    async def test_ends_when_the_session_has(self) -> None:
        scene = Scene()
        with scene.streams.open(caller(5), None) as stream:
            pieces = await begin(stream)
            scene.standing.found = UnauthenticatedError()
            assert [piece async for piece in pieces] == []

    async def test_sends_its_head_while_it_does_not_know_yet_what_to_tell(self) -> None:
        scene = Scene()
        scene.standing.found = None  # nobody answers
        with scene.streams.open(caller(5), None) as stream:
            async with asyncio.timeout(1):
                assert await anext(stream.run()) == b""

    async def test_does_not_begin_when_the_session_has_just_ended(self) -> None:
        scene = Scene()
        scene.standing.found = UnauthenticatedError()
        with scene.streams.open(caller(5), None) as stream:
            assert [piece async for piece in stream.run()] == [b""]

    async def test_looks_again_when_it_may_have_missed_something(self) -> None:
        scene = Scene(heartbeat_seconds=3600)
        with scene.streams.open(caller(0), None) as stream:
            pieces = stream.run()
            assert await revisions(pieces, 1) == [0]
            scene.standing.found = 8
            scene.feed.report_gap(ANN)
            assert await revisions(pieces, 1) == [8]

    async def test_ends_with_the_service_and_tells_a_late_client_where_it_stands(self) -> None:
        scene = Scene(heartbeat_seconds=3600)
        with scene.streams.open(caller(0), None) as early, scene.streams.open(caller(0), None) as late:
            pieces = await begin(early)
            scene.streams.close()
            assert [piece async for piece in pieces] == []
            assert await revisions(late.run(), 1) == [0]


class TestTheHeartbeat:
    async def test_differs_between_streams_and_is_never_late(self) -> None:
        scene = Scene(HEARTBEAT_SECONDS)
        with scene.streams.open(caller(0), None) as stream:
            pauses = set()
            for _ in range(200):
                stream._beat_at = 0
                stream._schedule_beat()
                pauses.add(round(stream._beat_at - asyncio.get_running_loop().time(), 1))

        assert 8 < min(pauses) < 10
        assert 12 < max(pauses) <= 13  # with a look of 2 s at most, within 15 s
        assert len(pauses) > 20

    async def test_comes_when_nobody_answers_the_look(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(event_stream, "_LOOK_TIMEOUT_SECONDS", 0.05)
        scene = Scene()
        with scene.streams.open(caller(3), None) as stream:
            pieces = await begin(stream)
            scene.standing.found = None
            scene.feed.report_gap(ANN)
            assert [await anext(pieces) for _ in range(3)] == [b": revision 0\n\n"] * 3


class TestTheCap:
    def test_refuses_one_more_and_forgets_those_that_are_gone(self) -> None:
        scene = Scene()
        opened = [scene.streams.open(caller(0), None) for _ in range(MAX_STREAMS)]
        for one in opened:
            one.__enter__()
        with pytest.raises(TooManyStreamsError), scene.streams.open(caller(0), None):
            pass
        opened[0].__exit__(None, None, None)
        with scene.streams.open(caller(0), None):
            pass
