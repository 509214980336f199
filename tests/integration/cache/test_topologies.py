"""The cache on a cluster and under a Sentinel: the same protocol, with all of a user in one place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from app.cache.client import CacheClient
from app.cache.redis_store import RedisStore, channel_of
from app.cache.store import CacheBypassError, FenceRelease, Reading, answer_field, cached_session, session_field
from app.core.metrics import Metrics
from app.core.settings import CacheSettings
from tests.integration.cache.topologies import PATIENCE_SECONDS, run_cluster, run_pair

# Enough for each third of the slots to get some.
USERS = [UUID(int=number) for number in range(24)]
SESSION = UUID(int=99)
FIELDS = {session_field(SESSION): b"user UTC", answer_field(b"/tasks"): b"an answer"}


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[tuple[RedisStore, CacheClient]]:
    settings = CacheSettings(url=SecretStr(url))
    client = CacheClient(settings)
    store = RedisStore(client, settings, Metrics().cache)
    async with store.running():
        await available(store)
        yield store, client
    await client.close()


async def available(store: RedisStore) -> None:
    """Return when the store is not bypassed."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await store.read(cached_session(USERS[0], SESSION), None)
            except CacheBypassError:
                await asyncio.sleep(0.02)
            else:
                return


async def fill(store: RedisStore, user_id: UUID) -> bytes:
    """Fill a user's answer and return the generation."""
    seen = await store.read(cached_session(user_id, SESSION), None)
    generation = seen.generation or (await store.open_generation(user_id, seen.seen)).generation
    assert generation is not None
    await store.fill(user_id, generation, 7, FIELDS)
    return generation


async def read(store: RedisStore, user_id: UUID) -> Reading:
    return await store.read(cached_session(user_id, SESSION), b"/tasks")


async def change(store: RedisStore, user_id: UUID, revision: int) -> None:
    await store.raise_fence(user_id, "token", keeps_sessions=True)
    await store.lower_fence(user_id, "token", FenceRelease(revision, keeps_sessions=True))


class TestACluster:
    @pytest.fixture
    async def url(self, tmp_path: Path) -> AsyncIterator[str]:
        async with run_cluster(tmp_path) as url:
            yield url

    async def test_keeps_the_answers_of_all_users(self, url: str) -> None:
        async with open_store(url) as (store, _):
            await asyncio.gather(*(fill(store, user_id) for user_id in USERS))
            readings = await asyncio.gather(*(read(store, user_id) for user_id in USERS))

            assert {(reading.answer, reading.session, reading.revision) for reading in readings} == {
                (b"an answer", b"user UTC", 7)
            }

            await asyncio.gather(*(change(store, user_id, 8) for user_id in USERS[::2]))
            readings = await asyncio.gather(*(read(store, user_id) for user_id in USERS))

            assert [reading.answer for reading in readings] == [None, b"an answer"] * 12
            assert [reading.revision for reading in readings] == [8, 7] * 12
            assert {reading.session for reading in readings} == {b"user UTC"}

    async def test_passes_revisions_on_from_every_node(self, url: str) -> None:
        async with open_store(url) as (store, client), AsyncExitStack() as stack:
            pubsub = await client.open_pubsub()
            stack.push_async_callback(pubsub.aclose)
            await pubsub.subscribe(*(channel_of(user_id) for user_id in USERS))
            for user_id in USERS:
                await change(store, user_id, 8)

            heard = set()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(heard) < len(USERS):
                    message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=1)
                    if message is not None:
                        heard.add((message["channel"].decode(), message["data"]))

            assert heard == {(channel_of(user_id), b"8") for user_id in USERS}


class TestAPairUnderASentinel:
    async def test_keeps_answers_and_believes_none_from_before_a_failover(self, tmp_path: Path) -> None:
        async with run_pair(tmp_path) as pair, open_store(pair.url) as (store, _):
            before = await fill(store, USERS[0])
            assert (await read(store, USERS[0])).answer == b"an answer"

            await pair.fail_over()
            await available(store)
            after = await read(store, USERS[0])

            # What the replica holds may be older than the last thing that the primary was told.
            assert (after.generation, after.answer) == (None, None)
            assert await fill(store, USERS[0]) != before
            assert (await read(store, USERS[0])).answer == b"an answer"
