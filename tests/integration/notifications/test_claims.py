"""Claims: any number of workers share what is due; leases, and clocks that jump, lose nothing."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.metrics import OutboxMetrics
from app.data.changes import Change
from app.data.outbox import OutboxEntry
from app.data.store import Store
from app.notifications import lane as lane_module
from app.notifications.claim_repository import ClaimRepository
from app.notifications.claims import LEASE, Claim
from app.notifications.courier import Courier
from app.notifications.lane import Lane
from tests.fakes.clock import START, FakeClock
from tests.fakes.notification_channel import FakeChannel
from tests.integration.notifications.conftest import Plan, RawDatabase, make_reminder, work_off
from tests.waiting import until

WORKERS = 6
ENTRIES = 400


async def insert_due(database: RawDatabase, user_ids: list[UUID], count: int) -> None:
    """Insert entries as features plan them, many at once."""
    entries = [make_reminder(user_ids[number % len(user_ids)], START, UUID(int=number)) for number in range(count)]
    await database["outbox"].insert_many(
        [
            {
                "_id": entry.entry_id,
                "user_id": entry.user_id,
                **entry.to_fields(),
                **entry.to_initial_fields(),
            }
            for entry in entries
        ]
    )


@pytest.fixture
def claims(store: Store) -> ClaimRepository:
    return ClaimRepository(store.database, store.clock)


async def claim_one(claims: ClaimRepository) -> Claim:
    [claim] = await claims.claim(await claims.find_due("occasion", 1))
    return claim


class TestSeveralWorkers:
    async def test_share_what_is_due_without_overlap(
        self, claims: ClaimRepository, store: Store, raw_database: RawDatabase
    ) -> None:
        await insert_due(raw_database, [uuid4() for _ in range(ENTRIES)], ENTRIES)
        handled: list[UUID] = []

        async def handle(claim: Claim) -> None:
            handled.append(claim.entry_id)
            await claims.complete(claim)

        lanes = [Lane("occasion", claims, handle) for _ in range(WORKERS)]
        await asyncio.gather(*(work_through(lane) for lane in lanes))

        assert len(handled) == len(set(handled)) == ENTRIES
        assert await raw_database["outbox"].count_documents({}) == 0

    async def test_lose_few_claims_to_each_other(
        self, claims: ClaimRepository, store: Store, raw_database: RawDatabase
    ) -> None:
        """All of them look at the same moment, again and again, which is as bad as it gets."""
        await insert_due(raw_database, [uuid4() for _ in range(ENTRIES)], 5 * ENTRIES)
        lanes = [Lane("occasion", claims, claims.complete) for _ in range(WORKERS)]
        for _ in range(4):
            await look_together(lanes)  # they learn that they are several
        for lane in lanes:
            lane.claimed = lane.lost = 0
        for _ in range(5):
            await look_together(lanes)

        claimed, lost = sum(lane.claimed for lane in lanes), sum(lane.lost for lane in lanes)
        assert lost < 0.5 * claimed

    async def test_would_lose_most_if_each_took_the_first_it_sees(
        self, claims: ClaimRepository, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The control."""
        monkeypatch.setattr(Lane, "_note", count_only)
        await insert_due(raw_database, [uuid4() for _ in range(ENTRIES)], 5 * ENTRIES)
        lanes = [Lane("occasion", claims, claims.complete) for _ in range(WORKERS)]
        for _ in range(5):
            await look_together(lanes)

        claimed, lost = sum(lane.claimed for lane in lanes), sum(lane.lost for lane in lanes)
        assert lost > claimed


async def work_through(lane: Lane) -> None:
    while await lane.take() or lane.claimed + lane.lost == 0:
        await lane.finish(20)
    await lane.finish(20)


def count_only(lane: Lane, tried: int, claimed: int) -> None:
    lane.claimed += claimed
    lane.lost += tried - claimed


async def look_together(lanes: list[Lane]) -> None:
    """Have each lane see what the others see before the first of them claims."""
    barrier = asyncio.Barrier(len(lanes))
    originals = [lane._claims for lane in lanes]
    for lane in lanes:
        lane._claims = Together(lane._claims, barrier)  # type: ignore[assignment]
    await asyncio.gather(*(lane.take() for lane in lanes))
    await asyncio.gather(*(lane.finish(20) for lane in lanes))
    for lane, original in zip(lanes, originals, strict=True):
        lane._claims = original


class Together:
    """Claims of a worker that waits, having looked, until all have."""

    def __init__(self, claims: ClaimRepository, barrier: asyncio.Barrier) -> None:
        self._claims = claims
        self._barrier = barrier

    async def find_due(self, lane: str, limit: int) -> Any:
        seen = await self._claims.find_due(lane, limit)
        await self._barrier.wait()
        return seen

    async def claim(self, sightings: Any) -> Any:
        return await self._claims.claim(sightings)

    async def set_aside(self, sightings: Any) -> None:
        await self._claims.set_aside(sightings)


class TestALease:
    async def test_keeps_others_away_and_ends_by_itself(
        self, claims: ClaimRepository, plan: Plan, clock: FakeClock
    ) -> None:
        await plan()
        first = await claim_one(claims)
        clock.advance(LEASE.total_seconds() - 0.001)
        assert await claims.find_due("occasion", 10) == []

        clock.advance(0.001)
        second = await claim_one(claims)
        assert (second.entry_id, second.owed_at) == (first.entry_id, START)
        assert second.token != first.token

    async def test_that_ended_lets_its_holder_mark_nothing(
        self, claims: ClaimRepository, plan: Plan, clock: FakeClock, outbox: Any
    ) -> None:
        await plan()
        first = await claim_one(claims)
        clock.advance(LEASE.total_seconds())
        second = await claim_one(claims)
        before = await outbox.find_one({})

        await claims.complete(first)
        await claims.put_back(first, START, 1, "late")
        await claims.bury(first, 1, "late")
        await claims.release([first])

        assert await outbox.find_one({}) == before
        await claims.complete(second)
        assert await outbox.find_one({}) is None

    async def test_that_is_released_is_free_at_once_and_in_its_old_place(
        self, claims: ClaimRepository, plan: Plan, clock: FakeClock
    ) -> None:
        await plan()
        clock.advance(5)
        await claims.release([await claim_one(claims)])

        [sighting] = await claims.find_due("occasion", 10)
        assert sighting.due_at == START

    async def test_is_not_taken_of_what_was_put_off_after_it_was_seen(
        self, claims: ClaimRepository, plan: Plan, outbox: Any
    ) -> None:
        entry_id = await plan()
        seen = await claims.find_due("occasion", 10)
        await outbox.update_one({"_id": entry_id}, {"$set": {"due_at": START + timedelta(days=1)}})

        assert await claims.claim(seen) == []

    async def test_of_a_worker_that_died_is_taken_over_and_told_once(
        self, claims: ClaimRepository, courier: Courier, channel: FakeChannel, plan: Plan, clock: FakeClock
    ) -> None:
        await plan()
        await claim_one(claims)
        await work_off(courier)
        assert channel.told == []

        clock.advance(LEASE.total_seconds())
        await work_off(courier)
        assert len(channel.told) == 1

    async def test_that_was_lost_is_part_of_the_lag(
        self, claims: ClaimRepository, courier: Courier, metrics: OutboxMetrics, plan: Plan, clock: FakeClock
    ) -> None:
        await plan()
        await claim_one(claims)
        clock.advance(LEASE.total_seconds())
        await claim_one(claims)
        clock.advance(LEASE.total_seconds())
        await work_off(courier)

        # Twice: within the app and by the channel.
        assert metrics.lag_seconds._sum.get() == 2 * 2 * LEASE.total_seconds()

    async def test_that_was_given_back_without_an_attempt_is_part_of_the_lag(
        self, claims: ClaimRepository, plan: Plan, clock: FakeClock
    ) -> None:
        await plan()
        await claims.put_back(await claim_one(claims), START + timedelta(seconds=5), 0, "interrupted")
        clock.advance(5)
        claim = await claim_one(claims)
        assert claim.owed_at == START

        await claims.put_back(claim, START + timedelta(seconds=20), 1, "refused")
        clock.advance(15)
        assert (await claim_one(claims)).owed_at == clock.now()

    async def test_that_ended_is_no_part_of_the_lag_of_another_day(
        self, claims: ClaimRepository, store: Store, user_id: UUID, clock: FakeClock
    ) -> None:
        async def put_off(change: Change) -> None:
            change.outbox.put_off(OutboxEntry(user_id, "digest", "", clock.now() + timedelta(days=1)))
            change.keep()

        await store.changes.run(user_id, put_off)
        clock.advance(days=1)
        await claim_one(claims)
        await store.changes.run(user_id, put_off)
        clock.advance(days=1)
        assert (await claim_one(claims)).owed_at == clock.now()


class TestAClockThatJumps:
    @pytest.mark.parametrize("hours", [-24, -1, 1, 24])
    async def test_loses_nothing_and_tells_nothing_twice(
        self, courier: Courier, channel: FakeChannel, plan: Plan, clock: FakeClock, hours: int, raw_database: Any
    ) -> None:
        for number in range(10):
            await plan(subject=UUID(int=number), seconds=60 * number)
        await work_off(courier)
        clock.advance(hours=hours)
        await work_off(courier)
        clock.advance(hours=-hours)
        for _ in range(10):
            clock.advance(60)
            await work_off(courier)

        assert len(channel.keys) == len(set(channel.keys)) == 10
        assert await raw_database["notifications"].count_documents({}) == 10
        assert await raw_database["outbox"].count_documents({}) == 0

    async def test_forth_in_one_worker_makes_it_repeat_under_the_same_key_what_another_is_at(
        self, store: Store, channel: FakeChannel, plan: Plan, clock: FakeClock, metrics: OutboxMetrics
    ) -> None:
        """Which is why receivers are given the key. Within the app, the repeat changes nothing."""
        courier, hasty = Courier(store, [channel], metrics), Courier(store, [channel], metrics)
        channel.gate = asyncio.Event()
        await plan()
        await courier.lanes["occasion"].take()
        await courier.lanes["occasion"].finish(20)
        await until(lambda: channel.attempts == 1)
        clock.advance(hours=1)
        await hasty.lanes["push"].take()
        await until(lambda: channel.attempts == 2)
        channel.gate.set()
        await asyncio.gather(courier.lanes["push"].finish(20), hasty.lanes["push"].finish(20))

        assert len(channel.told) == 2
        assert len(set(channel.keys)) == 1

    async def test_back_while_a_worker_dies_delays_what_it_was_at_by_as_much(
        self, claims: ClaimRepository, courier: Courier, channel: FakeChannel, plan: Plan, clock: FakeClock
    ) -> None:
        await plan()
        await claim_one(claims)
        clock.advance(hours=-1)
        clock.advance(LEASE.total_seconds())
        await work_off(courier)
        assert channel.told == []

        clock.advance(hours=1)
        await work_off(courier)
        assert len(channel.told) == 1


class TestALaneThatIsFull:
    async def test_takes_no_more_than_it_has_places_for(self, store: Store, raw_database: RawDatabase) -> None:
        await insert_due(raw_database, [uuid4() for _ in range(50)], 50)
        is_open = asyncio.Event()
        claims = ClaimRepository(store.database, store.clock)
        underway = 0

        async def handle(claim: Claim) -> None:
            nonlocal underway
            underway += 1
            await is_open.wait()

        lane = Lane("occasion", claims, handle, slots=8)
        for _ in range(5):
            assert await lane.take()
        await asyncio.sleep(0)
        assert underway == 8
        assert not lane.has_room
        assert await raw_database["outbox"].count_documents({"claim": {"$exists": True}}) == 8
        is_open.set()
        await lane.finish(20)

    async def test_goes_on_with_the_places_that_receivers_leave_which_hang(
        self, claims: ClaimRepository, raw_database: RawDatabase
    ) -> None:
        await insert_due(raw_database, [uuid4() for _ in range(15)], 15)
        is_open = asyncio.Event()
        handled = 0

        async def handle(claim: Claim) -> None:
            nonlocal handled
            handled += 1
            if handled <= 5:
                await is_open.wait()
            await claims.complete(claim)

        lane = Lane("occasion", claims, handle, slots=8)
        loop = asyncio.create_task(lane.run())
        await until(lambda: handled == 15)
        lane.stop()
        is_open.set()
        await asyncio.gather(loop, lane.finish(20))
        assert await raw_database["outbox"].count_documents({}) == 0

    async def test_knows_that_there_is_more_when_it_saw_more_than_it_has_places_for(
        self, claims: ClaimRepository, raw_database: RawDatabase
    ) -> None:
        await insert_due(raw_database, [uuid4() for _ in range(20)], 20)
        lane = Lane("occasion", claims, claims.complete, slots=8)
        lane._spread = 4
        for _ in range(2):
            assert await lane.take()
            await lane.finish(20)
        assert not await lane.take()
        await lane.finish(20)
        assert await raw_database["outbox"].count_documents({}) == 0


class TestAUserOfWhomMuchIsDue:
    async def test_has_a_quarter_of_the_places(
        self, claims: ClaimRepository, raw_database: RawDatabase, user_id: UUID
    ) -> None:
        await insert_due(raw_database, [user_id], 200)
        is_open = asyncio.Event()

        async def handle(_claim: Claim) -> None:
            await is_open.wait()

        lane = Lane("occasion", claims, handle, slots=32)
        for _ in range(3):
            await lane.take()
        assert lane.claimed == 8
        assert lane.has_room
        assert not lane.has_room_for(user_id)
        assert lane.has_room_for(uuid4())
        is_open.set()
        await lane.finish(20)
        assert lane.has_room_for(user_id)

    async def test_keeps_nobody_else_waiting_though_the_receivers_hang(
        self, claims: ClaimRepository, raw_database: RawDatabase, user_id: UUID, plan: Plan, clock: FakeClock
    ) -> None:
        await insert_due(raw_database, [user_id], 300)
        other = uuid4()
        await plan(user=other, seconds=1)
        clock.advance(1)
        is_open, has_come = asyncio.Event(), asyncio.Event()

        async def handle(claim: Claim) -> None:
            if claim.user_id == other:
                has_come.set()
            else:
                await is_open.wait()

        lane = Lane("occasion", claims, handle, slots=8)
        loop = asyncio.create_task(lane.run())
        await until(has_come.is_set)
        lane.stop()
        is_open.set()
        await asyncio.gather(loop, lane.finish(20))

    async def test_is_told_all_of_it_in_the_end(
        self, claims: ClaimRepository, raw_database: RawDatabase, user_id: UUID, clock: FakeClock
    ) -> None:
        await insert_due(raw_database, [user_id], 200)
        lane = Lane("occasion", claims, claims.complete, slots=32)
        while await raw_database["outbox"].count_documents({}):
            while await lane.take():
                await lane.finish(20)
            await lane.finish(20)
            clock.advance(1)

        assert (lane.claimed, lane.lost) == (200, 0)
        assert clock.now() < START + timedelta(minutes=1)

    async def test_is_not_set_aside_where_nobody_can_be_hidden(
        self, claims: ClaimRepository, raw_database: RawDatabase, user_id: UUID
    ) -> None:
        await insert_due(raw_database, [user_id], 20)
        lane = Lane("occasion", claims, claims.complete, slots=32)
        counts = []
        while True:
            has_more = await lane.take()
            await lane.finish(20)
            counts.append(lane.claimed)
            if not has_more:
                break
        assert counts == [8, 16, 20]

    async def test_comes_again_in_some_seconds_and_is_owed_since_the_same_time(
        self, claims: ClaimRepository, plan: Plan, clock: FakeClock
    ) -> None:
        await plan()
        clock.advance(3)
        await claims.set_aside(await claims.find_due("occasion", 1))
        clock.advance(0.999)
        assert await claims.find_due("occasion", 1) == []

        clock.advance(4.001)
        assert (await claim_one(claims)).owed_at == START

    async def test_comes_again_the_later_the_longer_it_is_owed(
        self, claims: ClaimRepository, raw_database: RawDatabase, user_id: UUID, clock: FakeClock
    ) -> None:
        await insert_due(raw_database, [user_id], 200)
        clock.advance(hours=1)
        await claims.set_aside(await claims.find_due("occasion", 200))

        entries = await raw_database["outbox"].find({}).to_list(None)
        waits = sorted((entry["due_at"] - clock.now()).total_seconds() for entry in entries)
        assert 1 <= waits[0] < 15
        assert 45 < waits[-1] <= 60

    async def test_is_set_aside_only_as_it_was_seen(self, claims: ClaimRepository, plan: Plan, outbox: Any) -> None:
        entry_id = await plan()
        seen = await claims.find_due("occasion", 1)
        await outbox.update_one({"_id": entry_id}, {"$set": {"due_at": START + timedelta(days=1)}})
        await claims.set_aside(seen)

        entry = await outbox.find_one({})
        assert entry["due_at"] == START + timedelta(days=1)


class TestWhatNobodyForesaw:
    async def test_in_one_entry_holds_up_no_other(
        self, courier: Courier, channel: FakeChannel, plan: Plan, outbox: Any
    ) -> None:
        unreadable = await plan(subject=UUID(int=1))
        await outbox.update_one({"_id": unreadable}, {"$unset": {"attempts": ""}})
        await plan(subject=UUID(int=2))
        await work_off(courier)

        assert [message.subject for message, _ in channel.told] == [str(UUID(int=2))]
        assert [entry["_id"] for entry in await outbox.find({}).to_list(None)] == [unreadable]

    async def test_in_a_look_is_survived_by_the_lane(
        self, claims: ClaimRepository, plan: Plan, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lane_module, "_AWAY_SECONDS", 0.01)
        handled: list[Claim] = []
        looks = 0

        class Surprising(Together):
            async def find_due(self, lane: str, limit: int) -> Any:
                nonlocal looks
                looks += 1
                if looks == 1:
                    raise KeyError("due_at")
                return await claims.find_due(lane, limit)

        async def handle(claim: Claim) -> None:
            handled.append(claim)

        await plan()
        lane = Lane("occasion", Surprising(claims, asyncio.Barrier(1)), handle)  # type: ignore[arg-type]
        loop = asyncio.create_task(lane.run())
        await until(lambda: len(handled) == 1)
        lane.stop()
        await loop
