"""One suite for live updates on every way that revisions come: within the process, and over the cache server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from prometheus_client import CollectorRegistry

from app.cache.client import CacheClient
from app.cache.redis_store import RedisStore, channel_of
from app.cache.revision_feed import Mailbox, RevisionFeed
from app.cache.revision_subscription import run_feed
from app.core.metrics import CacheMetrics
from app.core.settings import CacheSettings
from app.embedded.cache import EmbeddedCache

DEADLINE_SECONDS = 10


class Service:
    """A feed, and what publishes to it as changes do."""

    def __init__(self, feed: RevisionFeed, publish: Callable[[UUID, int], Awaitable[None]]) -> None:
        self.feed = feed
        self.publish = publish

    @asynccontextmanager
    async def hearing(self, *user_ids: UUID) -> AsyncIterator[list[Mailbox]]:
        """A stream for each of the users, which hears all that is published from now on."""
        opened = [self.feed.open(user_id) for user_id in user_ids]
        mailboxes = [mailbox.__enter__() for mailbox in opened]
        try:
            for mailbox in mailboxes:
                assert (await mailbox.wait(DEADLINE_SECONDS)).has_gap
            yield mailboxes
        finally:
            for mailbox in opened:
                mailbox.__exit__(None, None, None)


@asynccontextmanager
async def run_service(url: str | None) -> AsyncIterator[Service]:
    client, feed = CacheClient(CacheSettings(url=url)), RevisionFeed()

    async def publish(user_id: UUID, revision: int) -> None:
        if client.is_configured:
            await client.redis.execute_command("PUBLISH", channel_of(user_id), revision)
        else:
            feed.publish(user_id, revision)

    try:
        async with run_feed(client, CacheMetrics(CollectorRegistry()), feed):
            yield Service(feed, publish)
    finally:
        await client.close()


@pytest.fixture(params=["local", "redis"])
async def service(request: pytest.FixtureRequest, cache_server: EmbeddedCache) -> AsyncIterator[Service]:
    url = cache_server.url if request.param == "redis" else None
    async with run_service(url) as service:
        yield service


async def wait_for(mailbox: Mailbox, revision: int) -> list[int]:
    """Return what the mailbox held until it held this revision."""
    seen = []
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not seen or seen[-1] < revision:
            news = await mailbox.wait(DEADLINE_SECONDS)
            seen += [] if news.revision is None else [news.revision]
    return seen


class TestAStream:
    async def test_hears_each_revision_of_its_user(self, service: Service) -> None:
        ann = uuid4()
        async with service.hearing(ann) as (mailbox,):
            for revision in (1, 2, 3):
                await service.publish(ann, revision)
                assert await wait_for(mailbox, revision) == [revision]

    async def test_hears_revisions_in_order_and_the_last_one_whatever_it_missed(self, service: Service) -> None:
        ann = uuid4()
        async with service.hearing(ann) as (mailbox,):
            hearing = asyncio.create_task(wait_for(mailbox, 500))
            for revision in range(1, 501):
                await service.publish(ann, revision)
            seen = await hearing

        assert seen == sorted(seen)
        assert seen[-1] == 500

    async def test_hears_nothing_of_anybody_else(self, service: Service) -> None:
        ann, bob = uuid4(), uuid4()
        async with service.hearing(ann, bob) as (of_ann, of_bob):
            await service.publish(bob, 900)
            await service.publish(ann, 1)

            assert await wait_for(of_bob, 900) == [900]
            assert await wait_for(of_ann, 1) == [1]

    async def test_is_heard_again_by_one_who_comes_back(self, service: Service) -> None:
        ann = uuid4()
        for revision in (1, 2, 3):
            async with service.hearing(ann) as (mailbox,):
                await service.publish(ann, revision)
                assert await wait_for(mailbox, revision) == [revision]

    async def test_joins_others_of_the_same_user(self, service: Service) -> None:
        ann = uuid4()
        async with service.hearing(ann) as (first,):
            async with service.hearing(ann) as (second,):
                await service.publish(ann, 1)
                assert await wait_for(second, 1) == [1]
            assert await wait_for(first, 1) == [1]
            await service.publish(ann, 2)
            assert await wait_for(first, 2) == [2]

    async def test_of_many_users_hears_its_own(self, service: Service) -> None:
        users = [uuid4() for _ in range(350)]
        async with service.hearing(*users) as mailboxes:
            for number, user_id in enumerate(users, start=1):
                await service.publish(user_id, number)
            for number, mailbox in enumerate(mailboxes, start=1):
                assert await wait_for(mailbox, number) == [number]


class TestTheEnd:
    async def test_closes_every_stream(self, service: Service) -> None:
        async with service.hearing(uuid4(), uuid4()) as mailboxes:
            service.feed.close()
            assert [mailbox.is_closed for mailbox in mailboxes] == [True, True]


class TestTheConnection:
    @pytest.fixture
    async def remote(self, cache_server: EmbeddedCache) -> AsyncIterator[Service]:
        async with run_service(cache_server.url) as service:
            yield service

    async def test_is_one_for_all_users_and_subscribes_none_without_a_stream(
        self, remote: Service, cache_server: EmbeddedCache
    ) -> None:
        async def subscriptions() -> int:
            counted = await client.redis.execute_command("PUBSUB", "NUMSUB", channel_of(ann), channel_of(bob))
            return sum(int(count) for count in counted[1::2])

        ann, bob = uuid4(), uuid4()
        client = CacheClient(CacheSettings(url=cache_server.url))
        try:
            before = int((await client.redis.execute_command("INFO", "clients"))["pubsub_clients"])
            async with remote.hearing(ann, bob):
                assert await subscriptions() == 2
                information = await client.redis.execute_command("INFO", "clients")
                assert int(information["pubsub_clients"]) == before + 1
            async with asyncio.timeout(DEADLINE_SECONDS):
                while await subscriptions():  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.01)
        finally:
            await client.close()

    async def test_brings_what_a_process_could_not_publish_when_the_server_was_away(
        self, remote: Service, cache_server: EmbeddedCache
    ) -> None:
        ann, settings = uuid4(), CacheSettings(url=cache_server.url)
        client = CacheClient(settings)
        store = RedisStore(client, settings, CacheMetrics(CollectorRegistry()))
        store._suspects[ann] = ("token", 7)
        try:
            async with remote.hearing(ann) as (mailbox,):
                await store._end_suspects()
                assert await wait_for(mailbox, 7) == [7]
        finally:
            await client.close()

    @pytest.mark.parametrize("garbage", [b"", b"x", b"-1", b"1.5", b"\xff"])
    async def test_survives_messages_that_are_no_revision(self, garbage: bytes, remote: Service) -> None:
        ann = uuid4()
        async with remote.hearing(ann) as (mailbox,):
            await remote.publish(ann, garbage)  # type: ignore[arg-type]
            await remote.publish(ann, 4)
            assert await wait_for(mailbox, 4) == [4]
