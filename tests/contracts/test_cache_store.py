"""What every per-user cache promises: on a cache server, and in the process itself."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.cache.redis_store import TTL_JITTER, channel_of
from app.cache.store import FENCE_LIFETIME_SECONDS, MAX_USER_BYTES, answer_field
from app.embedded.cache import EmbeddedCache
from tests.contracts.cache_stores import (
    TTL_SECONDS,
    Kit,
    MemoryKit,
    Person,
    RedisKit,
    _key_of,
    count_fills,
    open_redis_kit,
)


@pytest.fixture(scope="module")
async def redis_kit(cache_server: EmbeddedCache) -> AsyncIterator[RedisKit]:
    async with open_redis_kit(cache_server.url) as kit:
        yield kit


@pytest.fixture(params=["redis", "memory"])
def kit(request: pytest.FixtureRequest, redis_kit: RedisKit) -> Kit:
    return redis_kit if request.param == "redis" else MemoryKit()


@pytest.fixture
def ann(kit: Kit) -> Person:
    return Person(kit)


class TestAnAnswer:
    async def test_is_not_there_before_somebody_filled_it(self, ann: Person) -> None:
        reading = await ann.read()

        assert (reading.generation, reading.answer, reading.is_fenced) == (None, None, False)

    async def test_is_found_by_every_process_with_the_revision(self, kit: Kit, ann: Person) -> None:
        await ann.fill(await ann.open(), 7, b"seven")

        reading = await ann.read(kit.other)
        assert (reading.answer, reading.revision, reading.is_fenced) == (b"seven", 7, False)

    async def test_is_found_under_its_name_alone(self, kit: Kit, ann: Person) -> None:
        await ann.fill(await ann.open(), 7, b"seven")

        reading = await kit.store.read(ann.session, b"/api/v1/lists")
        assert reading.answer is None
        assert (await kit.store.read(ann.session, None)).answer is None

    async def test_is_not_another_users(self, kit: Kit, ann: Person) -> None:
        bob = Person(kit)
        await ann.fill(await ann.open(), 7, b"of ann")
        await bob.fill(await bob.open(), 3, b"of bob")
        await bob.change(4)

        assert (await ann.read()).answer == b"of ann"
        assert (await bob.read()).answer is None

    async def test_ends_with_its_lifetime(self, kit: Kit, ann: Person) -> None:
        await ann.fill(await ann.open(), 7, b"seven")
        await kit.elapse(ann.user_id, TTL_SECONDS)

        assert (await ann.read()).generation is None

    async def test_lives_on_for_most_of_its_lifetime(self, kit: Kit, ann: Person) -> None:
        await ann.fill(await ann.open(), 7, b"seven")
        await kit.elapse(ann.user_id, TTL_SECONDS * (1 - TTL_JITTER) - 2)

        assert (await ann.read()).answer == b"seven"

    async def test_may_be_lost_at_any_time(self, kit: Kit, ann: Person) -> None:
        first = await ann.open()
        await kit.lose(ann.user_id)
        await ann.fill(first, 7, b"of a generation that is lost")
        second = await ann.open()

        assert first != second
        assert (await ann.read()).answer is None

    async def test_is_not_kept_when_the_user_has_too_much(self, ann: Person) -> None:
        generation = await ann.open()
        await ann.fill(generation, 7, b"small")
        await ann.kit.store.fill(ann.user_id, generation, 7, {answer_field(b"/large"): b"x" * MAX_USER_BYTES})

        assert (await ann.kit.store.read(ann.session, b"/large")).answer is None
        assert (await ann.read()).answer == b"small"

    async def test_counts_again_from_nothing_after_a_change(self, ann: Person) -> None:
        half = b"x" * (MAX_USER_BYTES // 2)
        await ann.fill(await ann.open(), 7, half)
        await ann.change(8)
        await ann.fill(await ann.open(), 8, half)

        assert (await ann.read()).answer == half


class TestAFill:
    async def test_is_refused_when_a_change_began_since(self, ann: Person) -> None:
        seen = await ann.open()
        await ann.begin_change("a")
        await ann.fill(seen, 7, b"from before")

        assert (await ann.read()).answer is None

    async def test_is_refused_when_a_change_began_and_ended_since(self, kit: Kit, ann: Person) -> None:
        seen = await ann.open()
        await ann.begin_change("a", store=kit.other)
        await ann.end_change("a", 8, store=kit.other)
        await ann.fill(seen, 7, b"from before")

        reading = await ann.read()
        assert (reading.answer, reading.revision) == (None, 8 if reading.generation else None)

    async def test_is_refused_of_a_generation_that_began_during_a_change(self, kit: Kit, ann: Person) -> None:
        await ann.begin_change("a")
        await kit.lose(ann.user_id)  # and with it the fence
        seen = await ann.open(kit.other)
        await ann.end_change("a", 8)
        await ann.fill(seen, 7, b"from before", kit.other)

        assert (await ann.read()).answer is None

    async def test_never_takes_the_revision_back(self, ann: Person) -> None:
        generation = await ann.open()
        await ann.fill(generation, 7, b"seven")
        await ann.fill(generation, 6, b"an account that was read a little earlier")

        assert (await ann.read()).revision == 7

    async def test_goes_to_the_one_generation_that_two_processes_opened(self, kit: Kit, ann: Person) -> None:
        first = await kit.store.open_generation(ann.user_id, None)
        second = await kit.other.open_generation(ann.user_id, None)

        assert first.generation == second.generation

    async def test_is_counted_by_how_it_ended(self, kit: Kit, ann: Person) -> None:
        metrics = kit.store._metrics
        before = {outcome: count_fills(metrics, outcome) for outcome in await self._fill_in_every_way(ann)}
        await self._fill_in_every_way(Person(kit))

        assert {outcome: count_fills(metrics, outcome) - value for outcome, value in before.items()} == {
            "stored": 1,
            "outdated": 1,
            "too_large": 1,
        }

    async def _fill_in_every_way(self, person: Person) -> tuple[str, ...]:
        generation = await person.open()
        await person.fill(generation, 1, b"small")
        await person.fill(generation, 1, b"x" * MAX_USER_BYTES)
        await person.fill(b"1.0000000000000000", 1, b"of no generation")
        return "stored", "outdated", "too_large"


class TestAChange:
    async def test_ends_what_was_cached_and_stands_in_the_way_while_it_lasts(self, kit: Kit, ann: Person) -> None:
        await ann.fill(await ann.open(), 7, b"seven")
        await ann.begin_change("a")

        reading = await ann.read(kit.other)
        assert (reading.is_fenced, reading.answer) == (True, None)

    async def test_leaves_its_revision_behind(self, ann: Person) -> None:
        await ann.open()
        await ann.change(8)

        reading = await ann.read()
        assert (reading.is_fenced, reading.revision, reading.answer) == (False, 8, None)

    async def test_that_changed_nothing_leaves_the_known_revision(self, ann: Person) -> None:
        await ann.fill(await ann.open(), 7, b"seven")
        await ann.begin_change("a")
        await ann.end_change("a", None)

        assert (await ann.read()).revision == 7

    async def test_knows_no_revision_when_its_fence_was_lost(self, kit: Kit, ann: Person) -> None:
        await ann.begin_change("a")
        await kit.lose(ann.user_id)
        await ann.open(kit.other)
        await ann.end_change("a", 8)

        reading = await ann.read()
        assert (reading.is_fenced, reading.revision) == (False, None)

    async def test_knows_no_revision_when_its_fence_had_expired(self, kit: Kit, ann: Person) -> None:
        await ann.begin_change("a")
        await kit.elapse(ann.user_id, FENCE_LIFETIME_SECONDS)
        await ann.end_change("a", 8)

        assert (await ann.read()).revision is None

    async def test_renews_the_generation_twice(self, ann: Person) -> None:
        nonces = [await ann.open()]
        await ann.begin_change("a")
        nonces.append((await ann.read()).seen or b"")
        await ann.end_change("a", 8)
        nonces.append((await ann.read()).seen or b"")

        assert len(set(nonces)) == 3

    async def test_that_is_told_of_twice_does_no_harm(self, ann: Person) -> None:
        await ann.begin_change("a")
        await ann.begin_change("a")
        await ann.end_change("a", 8)
        await ann.end_change("a", 8)

        reading = await ann.read()
        assert (reading.is_fenced, reading.answer) == (False, None)


class TestTwoChangesAtOnce:
    async def test_keep_readers_away_until_both_have_ended(self, kit: Kit, ann: Person) -> None:
        await ann.begin_change("a")
        await ann.begin_change("b", store=kit.other)
        await ann.end_change("a", 8)

        assert (await ann.read()).is_fenced
        await ann.end_change("b", 9, store=kit.other)
        assert not (await ann.read()).is_fenced

    @pytest.mark.parametrize("order", ["ab", "ba"])
    async def test_leave_the_higher_revision_in_whichever_order_they_end(self, ann: Person, order: str) -> None:
        revisions = {"a": 8, "b": 9}
        await ann.begin_change("a")
        await ann.begin_change("b")
        for token in order:
            await ann.end_change(token, revisions[token])

        assert (await ann.read()).revision == 9

    async def test_leave_no_revision_when_one_of_them_never_ended(self, kit: Kit, ann: Person) -> None:
        await ann.begin_change("dead")
        await kit.elapse(ann.user_id, FENCE_LIFETIME_SECONDS / 2)
        await ann.begin_change("b")
        await kit.elapse(ann.user_id, FENCE_LIFETIME_SECONDS / 2)
        await ann.end_change("b", 9)

        reading = await ann.read()
        assert (reading.is_fenced, reading.revision) == (False, None)

    async def test_let_nobody_fill_in_between(self, ann: Person) -> None:
        await ann.begin_change("a")
        await ann.begin_change("b")
        await ann.end_change("a", 8)
        seen = (await ann.read()).seen
        assert seen is not None
        await ann.end_change("b", 9)
        await ann.fill(seen, 8, b"from between")

        assert (await ann.read()).answer is None


class TestAFenceThatNobodyLowers:
    async def test_stands_for_its_lifetime(self, kit: Kit, ann: Person) -> None:
        await ann.begin_change("dead")
        await kit.elapse(ann.user_id, FENCE_LIFETIME_SECONDS - 1)

        assert (await ann.read()).is_fenced

    async def test_stands_in_the_way_for_no_longer(self, kit: Kit, ann: Person) -> None:
        await ann.begin_change("dead")
        await kit.elapse(ann.user_id, FENCE_LIFETIME_SECONDS)

        assert not (await ann.read()).is_fenced
        await ann.fill(await ann.open(), 8, b"eight")
        assert (await ann.read()).answer == b"eight"

    async def test_stands_in_the_way_for_no_longer_when_others_change_meanwhile(self, kit: Kit, ann: Person) -> None:
        await ann.begin_change("dead")
        for revision in range(3):
            await kit.elapse(ann.user_id, FENCE_LIFETIME_SECONDS / 4)
            await ann.change(revision)
        assert (await ann.read()).is_fenced
        await kit.elapse(ann.user_id, FENCE_LIFETIME_SECONDS / 4)

        assert not (await ann.read()).is_fenced


class TestWhatIsKnownOfASession:
    async def test_outlives_a_change_of_content(self, ann: Person) -> None:
        await ann.know_session(await ann.open(), 7)
        await ann.change(8)

        assert (await ann.read()).session == b"user Europe/Paris"

    async def test_does_not_outlive_a_change_of_sessions(self, ann: Person) -> None:
        await ann.know_session(await ann.open(), 7)
        await ann.change(8, keeps_sessions=False)

        assert (await ann.read()).session is None

    async def test_does_not_outlive_a_change_whose_fence_was_lost(self, kit: Kit, ann: Person) -> None:
        await ann.begin_change("a", keeps_sessions=False)
        await kit.lose(ann.user_id)
        await ann.know_session(await ann.open(), 7)
        await ann.end_change("a", 8, keeps_sessions=True)

        assert (await ann.read()).session is None

    async def test_is_of_this_session_alone(self, kit: Kit, ann: Person) -> None:
        await ann.know_session(await ann.open(), 7)

        assert (await Person(kit, ann.user_id).read()).session is None

    async def test_ends_with_the_lifetime_however_often_content_changes(self, kit: Kit, ann: Person) -> None:
        await ann.know_session(await ann.open(), 7)
        for revision in range(8, 8 + TTL_SECONDS // 5):
            await kit.elapse(ann.user_id, 5)
            await ann.change(revision)

        assert (await ann.read()).session is None


class TestPublishing:
    async def test_tells_a_revision_that_was_written_and_none_else(self) -> None:
        kit = MemoryKit()
        ann = Person(kit)
        await ann.change(8)
        await ann.begin_change("a")
        await ann.end_change("a", None)

        assert kit.published == [(ann.user_id, 8)]

    async def test_tells_every_process_through_the_server(self, redis_kit: RedisKit) -> None:
        ann = Person(redis_kit)
        pubsub = await redis_kit.client.open_pubsub()
        async with pubsub:
            await pubsub.subscribe(channel_of(ann.user_id))
            await ann.begin_change("a")
            await ann.end_change("a", None)
            await ann.change(8)
            async with asyncio.timeout(5):
                while (message := await pubsub.get_message(timeout=None))["type"] != "message":
                    pass

        assert message["data"] == b"8"


class TestAGenerationOnTheServer:
    async def test_that_is_not_believed_is_replaced_once_for_all(self, redis_kit: RedisKit) -> None:
        ann = Person(redis_kit)
        seen = await ann.open()
        await ann.fill(seen, 7, b"not to be believed")
        first = await redis_kit.store.open_generation(ann.user_id, seen)
        second = await redis_kit.other.open_generation(ann.user_id, seen)

        assert first.generation == second.generation != seen
        assert (await ann.read()).answer is None

    async def test_keeps_the_fences_that_stand_when_it_is_replaced(self, redis_kit: RedisKit) -> None:
        ann = Person(redis_kit)
        await ann.begin_change("a")
        seen = (await ann.read()).seen

        assert (await redis_kit.store.open_generation(ann.user_id, seen)).is_fenced

    async def test_lives_for_a_lifetime_that_differs_a_little(self, redis_kit: RedisKit) -> None:
        lifetimes = set()
        for _ in range(20):
            person = Person(redis_kit)
            await person.open()
            lifetimes.add(await redis_kit.client.redis.execute_command("PTTL", _key_of(person.user_id)))

        assert len(lifetimes) > 5
        assert min(lifetimes) > TTL_SECONDS * 1000 * (1 - TTL_JITTER) - 1000
        assert max(lifetimes) <= TTL_SECONDS * 1000


class TestTheMemoryOfAProcess:
    async def test_forgets_who_was_here_longest_ago_but_no_fence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.cache.memory_store.MAX_TOTAL_BYTES", 5_000)
        kit = MemoryKit()
        changing, first, second = Person(kit), Person(kit), Person(kit)
        await changing.begin_change("a")
        await first.fill(await first.open(), 1, b"x" * 2_000)
        await second.fill(await second.open(), 1, b"x" * 2_000)

        assert (await first.read()).answer is None
        assert (await second.read()).answer is not None
        assert (await changing.read()).is_fenced
