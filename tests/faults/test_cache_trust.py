"""Two processes' caches on one server behind networks that fail: what a change ends must not be answered again."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cache.client import CALL_TIMEOUT_SECONDS, CacheClient
from app.cache.redis_store import RedisStore
from app.cache.store import CacheBypassError
from app.core.settings import CacheSettings
from app.embedded.cache import EmbeddedCache
from tests.contracts.cache_stores import Person, RedisKit, open_store
from tests.faults.conftest import Victim
from tests.faults.promise.proxy import HOST, Proxy
from tests.waiting import DEADLINE_SECONDS, until

LATE_ROUNDS = 3


@dataclass
class Scene:
    """A writing and a reading process, each behind a network of its own."""

    server: Victim
    writers_network: Proxy
    readers_network: Proxy
    writer: RedisStore
    reader: RedisStore
    person: Person

    @property
    def networks(self) -> tuple[Proxy, Proxy]:
        """Both."""
        return self.writers_network, self.readers_network

    async def run(self, *command: object) -> None:
        """Have the server do something, past both networks."""
        client = CacheClient(CacheSettings(url=_url_of(self.server)))
        await client.redis.execute_command(*command)
        await client.close()

    async def cache_answer(self, answer: bytes = b"old") -> None:
        """Have the reader cache an answer, and know it by heart."""
        generation = await self.person.open(self.reader)
        await self.person.fill(generation, 7, answer, self.reader)
        for _ in range(3):
            assert (await self.person.read(self.reader)).answer == answer

    async def change(self) -> None:
        """Change something; when this returns, the change is acknowledged."""
        await self.person.begin_change("a", store=self.writer)
        await self.person.end_change("a", 8, store=self.writer)

    async def read(self) -> bytes | None:
        """What the reader answers out of the cache."""
        try:
            return (await self.person.read(self.reader)).answer
        except CacheBypassError:
            return None

    async def read_until_believed(self) -> list[bytes | None]:
        """Read until the reader believes the server again; return all that was answered till then."""
        answers = []
        async with asyncio.timeout(DEADLINE_SECONDS):
            while self.reader._watch.is_away or not self.reader._watch.is_current:
                answers.append(await self.read())
                await asyncio.sleep(0.005)
        return [*answers, await self.read()]


def _url_of(victim: Victim) -> str:
    assert isinstance(victim.server, EmbeddedCache)
    return victim.server.url


@pytest.fixture
async def scene(cache_victim: Victim, tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        port = cache_victim.server.port
        networks = [await stack.enter_async_context(Proxy(port)) for _ in range(2)]
        writer, reader = [
            await stack.enter_async_context(open_store(f"redis://{HOST}:{network.port}/0")) for network in networks
        ]
        client = CacheClient(CacheSettings(url=_url_of(cache_victim)))
        stack.push_async_callback(client.close)
        person = Person(RedisKit(writer, reader, client))
        yield Scene(cache_victim, *networks, writer, reader, person)
        cache_victim.thaw()


class TestAServerThatIsThere:
    """The control."""

    async def test_answers_until_something_changes(self, scene: Scene) -> None:
        await scene.cache_answer()
        assert await scene.read() == b"old"
        await scene.change()

        assert await scene.read() is None


class TestAServerThatWasMadeAReplica:
    async def test_is_not_believed_by_the_time_a_change_is_acknowledged(self, scene: Scene) -> None:
        await scene.cache_answer()
        await scene.run("REPLICAOF", HOST, 1)
        await scene.change()

        assert await scene.read() is None

    async def test_is_not_believed_afterwards_either(self, scene: Scene) -> None:
        await scene.cache_answer()
        await scene.run("REPLICAOF", HOST, 1)
        await scene.change()
        await scene.run("REPLICAOF", "NO", "ONE")

        assert set(await scene.read_until_believed()) == {None}


class TestAServerThatNobodyReaches:
    async def test_is_not_believed_by_the_time_a_change_is_acknowledged(self, scene: Scene) -> None:
        await scene.cache_answer()
        for network in scene.networks:
            network.swallow()
        await scene.change()
        for network in scene.networks:
            network.recover()

        assert set(await scene.read_until_believed()) == {None}

    async def test_is_not_believed_before_a_writer_that_is_late_has_heard_of_it(self, scene: Scene) -> None:
        await scene.cache_answer()
        for network in scene.networks:
            network.swallow()
        await scene.person.begin_change("a", store=scene.writer)
        scene.readers_network.recover()
        await scene.person.end_change("a", 8, store=scene.writer)

        # The writer's last attempt is over; whatever the reader cached meanwhile came from before the change.
        assert scene.reader._watch.is_away

    async def test_delays_a_change_by_no_more_than_a_second(self, scene: Scene) -> None:
        for network in scene.networks:
            network.swallow()
        began = time.monotonic()
        await scene.change()

        assert time.monotonic() - began < 1


class TestAReaderThatWasCutOff:
    async def test_believes_nothing_that_it_knew(self, scene: Scene) -> None:
        """Nothing was changed; but it cannot know."""
        await scene.cache_answer()
        scene.readers_network.swallow()
        await until(lambda: not scene.reader._watch.is_current)
        scene.readers_network.recover()

        assert set(await scene.read_until_believed()) == {None}


class TestAFrozenServer:
    async def test_is_not_believed_when_it_goes_on(self, scene: Scene) -> None:
        await scene.cache_answer()
        scene.server.freeze()
        await scene.change()
        scene.server.thaw()

        assert set(await scene.read_until_believed()) == {None}


class TestASlowNetwork:
    async def test_lets_whoever_lost_the_connections_come_back(self, scene: Scene) -> None:
        """It takes one round trip, as for those who kept theirs; else some would be served and others not."""
        scene.writers_network.reply_delay_seconds = CALL_TIMEOUT_SECONDS * 0.6
        # A connection that breaks between two calls is replaced unseen: cut until one breaks in the middle of a call.
        await until(lambda: scene.writers_network.cut(1) or scene.writer._watch.is_away)
        await until(lambda: not scene.writer._watch.is_away)

    async def test_never_gives_one_the_reply_to_another(self, scene: Scene) -> None:
        other = Person(scene.person.kit)
        people = {b"of the one": scene.person, b"of the other": other}
        for _ in range(LATE_ROUNDS):
            for answer, person in people.items():
                await person.fill(await person.open(scene.reader), 7, answer, scene.reader)
            scene.readers_network.reply_delay_seconds = CALL_TIMEOUT_SECONDS * 1.5
            with pytest.raises(CacheBypassError):
                await scene.person.read(scene.reader)
            scene.readers_network.reply_delay_seconds = 0
            await scene.read_until_believed()
            found = await asyncio.gather(*(person.read(scene.reader) for person in people.values()))

            for answer, reading in zip(people, found, strict=True):
                assert reading.answer in {answer, None}


class TestAWriterThatCouldNotTell:
    async def test_ends_what_was_cached_as_soon_as_it_can(self, scene: Scene) -> None:
        await scene.cache_answer()
        scene.writers_network.swallow()
        await scene.change()
        # The documented bound: the reader still reaches the server, and knows nothing.
        assert await scene.read() == b"old"
        scene.writers_network.recover()

        async def is_forgotten() -> bool:
            return await scene.read() is None

        await until(is_forgotten)
