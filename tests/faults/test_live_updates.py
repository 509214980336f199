"""The cache server dies or freezes under open streams: they go on, and catch up with what they could not hear."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from pymongo.asynchronous.database import AsyncDatabase

from app.cache.revision_feed import RevisionFeed
from app.core.settings import CacheSettings, Settings
from app.embedded.cache import EmbeddedCache
from app.main import create_app
from tests.fakes.clock import FakeClock
from tests.faults.conftest import Victim
from tests.integration.events.conftest import NO_HEARTBEAT_SECONDS, Process, create_task, opened, running, until


@pytest.fixture
async def processes(
    app: FastAPI, settings: Settings, clock: FakeClock, cache_victim: Victim
) -> AsyncIterator[list[Process]]:
    """Two processes on one cache server, whose streams have no heartbeat while the test runs."""
    assert isinstance(cache_victim.server, EmbeddedCache)
    cache = CacheSettings(url=SecretStr(cache_victim.server.url))
    on_victim = settings.model_copy(update={"cache": cache})
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(running(create_app(on_victim, clock=clock), NO_HEARTBEAT_SECONDS))
            for _ in range(2)
        ]
        cache_victim.thaw()


def is_hearing(process: Process) -> bool:
    feed = process.app.state.events.feed
    return all(feed._channels.hears(user_id) for user_id in feed.users)


async def change_unheard(database: AsyncDatabase[dict[str, Any]]) -> int:
    """Make a change of Ann's that nobody publishes; return its revision."""
    found = await database["users"].find_one_and_update(
        {"email": "ann@example.com"}, {"$inc": {"revision": 1}}, return_document=True
    )
    revision: int = found["revision"]
    return revision


class TestACacheServerThatDies:
    async def test_is_back_before_a_stream_has_missed_anything(
        self, processes: list[Process], cache_victim: Victim, ann: httpx.AsyncClient
    ) -> None:
        here, there = processes
        async with opened(here.stream(ann), there.stream(ann)) as (near, far), here.client(ann) as client:
            for stream in (near, far):
                assert await stream.read_revision() == 0
            for _ in range(2):
                await cache_victim.kill()
                revision = await create_task(client)
                assert (await near.read_until(revision))[-1] == revision  # of its own process, at once

                await cache_victim.start()
                assert (await far.read_until(revision))[-1] == revision
                await until(lambda: is_hearing(here) and is_hearing(there))

                revision = await create_task(client)
                assert await near.read_until(revision) == [revision]
                assert await far.read_until(revision) == [revision]

    async def test_makes_streams_look_for_what_nobody_told_them(
        self,
        processes: list[Process],
        cache_victim: Victim,
        ann: httpx.AsyncClient,
        raw_database: AsyncDatabase[dict[str, Any]],
    ) -> None:
        process = processes[0]
        async with process.stream(ann) as stream:
            assert await stream.read_revision() == 0
            await cache_victim.kill()
            unheard = await change_unheard(raw_database)
            await cache_victim.start()
            assert await stream.read_revision() == unheard

    async def test_would_leave_a_hole_if_they_did_not(
        self,
        processes: list[Process],
        cache_victim: Victim,
        ann: httpx.AsyncClient,
        raw_database: AsyncDatabase[dict[str, Any]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The control."""
        process = processes[0]
        gaps: list[UUID] = []
        async with process.stream(ann) as stream, process.client(ann) as client:
            assert await stream.read_revision() == 0
            monkeypatch.setattr(RevisionFeed, "report_gap", lambda _feed, user_id: gaps.append(user_id))
            await cache_victim.kill()
            unheard = await change_unheard(raw_database)
            await cache_victim.start()
            await until(lambda: bool(gaps))
            assert await create_task(client) == unheard + 1
            assert await stream.read_revision() == unheard + 1


class TestACacheServerThatFreezes:
    async def test_has_every_stream_told_when_it_goes_on(
        self, processes: list[Process], cache_victim: Victim, ann: httpx.AsyncClient
    ) -> None:
        here, there = processes
        async with opened(here.stream(ann), there.stream(ann)) as (near, far), here.client(ann) as client:
            for stream in (near, far):
                assert await stream.read_revision() == 0
            cache_victim.freeze()
            revision = await create_task(client)
            assert (await near.read_until(revision))[-1] == revision

            cache_victim.thaw()
            assert (await far.read_until(revision))[-1] == revision

    async def test_is_given_up_after_a_while_and_found_again(
        self, processes: list[Process], cache_victim: Victim, ann: httpx.AsyncClient
    ) -> None:
        here, there = processes
        async with opened(here.stream(ann), there.stream(ann)) as (near, far), here.client(ann) as client:
            for stream in (near, far):
                assert await stream.read_revision() == 0
            cache_victim.freeze()
            await until(lambda: not is_hearing(here) and not is_hearing(there))
            revision = await create_task(client)
            assert (await near.read_until(revision))[-1] == revision

            cache_victim.thaw()
            assert (await far.read_until(revision))[-1] == revision
            await until(lambda: is_hearing(here) and is_hearing(there))

    async def test_lets_streams_open_and_end(
        self, processes: list[Process], cache_victim: Victim, ann: httpx.AsyncClient
    ) -> None:
        here, there = processes
        cache_victim.freeze()
        async with here.stream(ann) as stream, there.client(ann) as client:
            assert await stream.read_revision() == 0
            revision = await create_task(client)
            cache_victim.thaw()
            assert (await stream.read_until(revision))[-1] == revision
        await until(lambda: here.streams_of_all() == 0)

    async def test_does_not_keep_a_process_from_ending(
        self, app: FastAPI, settings: Settings, clock: FakeClock, cache_victim: Victim, ann: httpx.AsyncClient
    ) -> None:
        assert isinstance(cache_victim.server, EmbeddedCache)
        cache = CacheSettings(url=SecretStr(cache_victim.server.url))
        async with AsyncExitStack() as stack:
            app_on_victim = create_app(settings.model_copy(update={"cache": cache}), clock=clock)
            process = await stack.enter_async_context(running(app_on_victim, NO_HEARTBEAT_SECONDS))
            stream = await stack.enter_async_context(process.stream(ann))
            await stream.read_revision()
            cache_victim.freeze()
        cache_victim.thaw()
