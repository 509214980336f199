"""An occasion that is due is told once, by every channel that the user wants, if there is somebody to tell."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.metrics import OutboxMetrics
from app.data.changes import Change
from app.data.outbox import derive_id, occurrence_of
from app.data.store import Store
from app.notifications.channel import Message, Recipient
from app.notifications.courier import Courier
from app.notifications.digest import Digests, plan_digest
from app.notifications.kinds import DEFAULT_CHANNELS
from app.notifications.lane import SLOTS, Lane
from app.notifications.preferences import Preferences
from app.notifications.quiet_hours import QuietHours
from app.notifications.retries import MAX_ATTEMPTS
from tests.factories.users import insert_user
from tests.fakes.clock import START, FakeClock
from tests.fakes.notification_channel import FakeChannel
from tests.integration.notifications.conftest import Plan, RawDatabase, choose, work_off
from tests.waiting import until


async def notices_of(database: RawDatabase, user_id: UUID) -> list[dict[str, Any]]:
    return await database["notifications"].find({"user_id": user_id}).to_list(None)


def key_of(user_id: UUID, channel: str) -> UUID:
    return derive_id(user_id, "reminder", str(UUID(int=7)), occurrence_of(START), channel)


class TestAReminderThatIsDue:
    async def test_is_told_within_the_app_and_at_every_address_under_keys_of_their_own(
        self, courier: Courier, channel: FakeChannel, plan: Plan, raw_database: RawDatabase, user_id: UUID
    ) -> None:
        channel.addresses = ("phone", "laptop")
        await plan()

        await work_off(courier)

        [notice] = await notices_of(raw_database, user_id)
        assert (notice["_id"], notice["title"]) == (key_of(user_id, "in_app"), "Buy milk")
        assert notice["task_id"] == UUID(int=7)
        assert set(channel.keys) == {key_of(user_id, "push:phone"), key_of(user_id, "push:laptop")}
        message, recipient = channel.told[0]
        assert (message.occasion, message.subject, message.at) == ("reminder", str(UUID(int=7)), START)
        assert (recipient.email, recipient.timezone) == ("ann@example.com", "UTC")
        assert {recipient.address for _, recipient in channel.told} == {"phone", "laptop"}
        assert await raw_database["outbox"].count_documents({}) == 0

    async def test_counts_the_revision_up_once(
        self, courier: Courier, plan: Plan, raw_database: RawDatabase, user_id: UUID
    ) -> None:
        await plan()
        await work_off(courier)
        await work_off(courier)

        user = await raw_database["users"].find_one({"_id": user_id})
        assert user is not None
        assert user["revision"] == 1

    async def test_is_counted_with_its_lag(
        self, courier: Courier, plan: Plan, clock: FakeClock, metrics: OutboxMetrics
    ) -> None:
        await plan()
        clock.advance(3)
        await work_off(courier)

        assert metrics.dispatched.labels("reminder")._value.get() == 1
        assert metrics.deliveries.labels("push", "delivered")._value.get() == 1
        assert metrics.lag_seconds._sum.get() == 6  # within the app and by the channel

    async def test_is_not_told_before_its_time(
        self, courier: Courier, channel: FakeChannel, plan: Plan, clock: FakeClock
    ) -> None:
        await plan(seconds=60)
        clock.advance(59.999)
        await work_off(courier)
        assert channel.told == []

        clock.advance(0.001)
        await work_off(courier)
        assert len(channel.told) == 1

    async def test_is_told_as_it_reads_by_then(
        self, courier: Courier, channel: FakeChannel, plan: Plan, raw_database: RawDatabase
    ) -> None:
        entry_id = await plan()
        claimed = await claim_all(courier)
        await raw_database["outbox"].update_one({"_id": entry_id}, {"$set": {"content.title": "Buy oat milk"}})

        await go_on(claimed)
        await work_off(courier)

        assert channel.told[0][0].content["title"] == "Buy oat milk"

    async def test_is_not_told_when_it_is_withdrawn_after_it_was_claimed(
        self, courier: Courier, channel: FakeChannel, plan: Plan, raw_database: RawDatabase, user_id: UUID
    ) -> None:
        entry_id = await plan()
        claimed = await claim_all(courier)
        await raw_database["outbox"].delete_one({"_id": entry_id})

        await go_on(claimed)
        await work_off(courier)

        assert channel.told == []
        assert await notices_of(raw_database, user_id) == []

    async def test_of_a_kind_that_this_version_does_not_know_is_tried_again_later(
        self, courier: Courier, plan: Plan, outbox: Any, clock: FakeClock
    ) -> None:
        entry_id = await plan()
        await outbox.update_one({"_id": entry_id}, {"$set": {"kind": "birthday"}})

        await work_off(courier)

        entry = await outbox.find_one({"_id": entry_id})
        assert (entry["attempts"], entry["state"], entry["last_error"]) == (1, "waiting", "ValueError")
        assert entry["due_at"] >= clock.now()


class Held:
    """Claims of a lane that wait to be handled."""

    def __init__(self, lane: Lane) -> None:
        self.lane, self.claims, self.handle = lane, [], lane._handle  # type: ignore[var-annotated]

    async def keep(self, claim: Any) -> None:
        self.claims.append(claim)


async def claim_all(courier: Courier) -> Held:
    """Claim what is due, as a worker does that is then held up."""
    held = Held(courier.lanes["occasion"])
    held.lane._handle = held.keep
    await held.lane.take()
    await held.lane.finish(20)
    held.lane._handle = held.handle
    assert held.claims
    return held


async def go_on(held: Held) -> None:
    for claim in held.claims:
        held.lane.accept(claim)
    await held.lane.finish(20)


class TestAnAccountThatIsNoMore:
    @pytest.mark.parametrize("fields", [{"is_disabled": True}, {"deleted_at": START}], ids=["disabled", "erased"])
    async def test_is_told_nothing_of_an_occasion(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        raw_database: RawDatabase,
        user_id: UUID,
        fields: Mapping[str, Any],
    ) -> None:
        await plan()
        await raw_database["users"].update_one({"_id": user_id}, {"$set": fields})

        await work_off(courier)

        assert channel.attempts == 0
        assert await notices_of(raw_database, user_id) == []
        assert await raw_database["outbox"].count_documents({}) == 0

    @pytest.mark.parametrize("fields", [{"is_disabled": True}, {"deleted_at": START}], ids=["disabled", "erased"])
    async def test_is_sent_nothing_that_was_under_way(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        raw_database: RawDatabase,
        user_id: UUID,
        fields: Mapping[str, Any],
    ) -> None:
        await plan()
        await courier.lanes["occasion"].take()
        courier.lanes["push"].stop()  # so that the delivery is left for later
        await courier.lanes["occasion"].finish(20)
        assert await raw_database["outbox"].count_documents({"channel": "push:phone"}) == 1
        await raw_database["users"].update_one({"_id": user_id}, {"$set": fields})

        await work_off(courier)

        assert channel.attempts == 0
        assert await raw_database["outbox"].count_documents({}) == 0

    async def test_that_was_removed_altogether_holds_nobody_up(
        self, courier: Courier, channel: FakeChannel, plan: Plan, raw_database: RawDatabase, user_id: UUID
    ) -> None:
        await plan()
        await raw_database["users"].delete_one({"_id": user_id})
        other = await insert_user(raw_database)
        await plan(user=other)

        await work_off(courier)

        assert [recipient.user_id for _, recipient in channel.told] == [other]
        assert await raw_database["outbox"].count_documents({}) == 0


class TestAUserWhoHasChosen:
    async def test_has_nothing_to_fetch_where_nothing_is_told_within_the_app(
        self, courier: Courier, channel: FakeChannel, plan: Plan, store: Store, user_id: UUID
    ) -> None:
        await choose(store, user_id, Preferences(chosen={**DEFAULT_CHANNELS, "reminder": frozenset({"push"})}))
        before = await store.changes.sync_state(user_id)
        await plan()
        await work_off(courier)

        assert len(channel.told) == 1
        assert await store.changes.sync_state(user_id) == before

    async def test_is_told_by_no_channel_that_was_turned_off(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        store: Store,
        raw_database: RawDatabase,
        user_id: UUID,
    ) -> None:
        await choose(store, user_id, Preferences(chosen={**DEFAULT_CHANNELS, "reminder": frozenset({"in_app"})}))
        await plan()
        await work_off(courier)
        assert (channel.attempts, len(await notices_of(raw_database, user_id))) == (0, 1)

        await choose(store, user_id, Preferences(chosen={**DEFAULT_CHANNELS, "reminder": frozenset({"push"})}))
        await plan(subject=uuid4())
        await work_off(courier)
        assert (channel.attempts, len(await notices_of(raw_database, user_id))) == (1, 1)

    async def test_has_quiet_until_the_hours_are_over(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        store: Store,
        raw_database: RawDatabase,
        user_id: UUID,
        clock: FakeClock,
    ) -> None:
        await choose(store, user_id, Preferences(quiet_hours=QuietHours(time(11), time(13))))
        await plan()
        await work_off(courier)
        assert (channel.attempts, len(await notices_of(raw_database, user_id))) == (0, 1)

        clock.set(datetime(2026, 11, 23, 12, 59, 59, tzinfo=UTC))
        await work_off(courier)
        assert channel.attempts == 0

        clock.advance(1)
        await work_off(courier)
        assert (len(channel.told), len(await notices_of(raw_database, user_id))) == (1, 1)

    async def test_has_nothing_more_to_fetch_when_the_quiet_hours_end(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        store: Store,
        user_id: UUID,
        clock: FakeClock,
        metrics: OutboxMetrics,
    ) -> None:
        """The notice was there when they were not over."""
        await choose(store, user_id, Preferences(quiet_hours=QuietHours(time(11), time(13))))
        await plan()
        await work_off(courier)
        before, _ = await store.changes.sync_state(user_id)
        clock.advance(hours=1)
        await work_off(courier)

        assert len(channel.told) == 1
        assert (await store.changes.sync_state(user_id))[0] == before
        samples = [sample for metric in metrics.lag_seconds.collect() for sample in metric.samples]
        # One for the notice, one for the delivery.
        assert [sample.value for sample in samples if sample.name.endswith("_count")] == [2]

    async def test_hears_no_more_of_what_was_withdrawn_in_quiet_hours(
        self, courier: Courier, channel: FakeChannel, plan: Plan, store: Store, user_id: UUID, clock: FakeClock
    ) -> None:
        await choose(store, user_id, Preferences(quiet_hours=QuietHours(time(11), time(13))))
        entry_id = await plan()
        await work_off(courier)

        async def withdraw(change: Change) -> None:
            change.outbox.withdraw(user_id, entry_id)
            change.stamp()

        await store.changes.run(user_id, withdraw)
        clock.advance(hours=2)
        await work_off(courier)

        assert channel.attempts == 0


async def begin_digests(store: Store, user_id: UUID, quiet_hours: QuietHours | None = None) -> None:
    """Have somebody told each day at noon."""
    chosen = {**DEFAULT_CHANNELS, "digest": frozenset({"push"})}
    await choose(store, user_id, Preferences(chosen=chosen, digest_at=time(12), quiet_hours=quiet_hours))

    async def begin(change: Change) -> None:
        plan_digest(change, time(12), "UTC")
        change.stamp()

    await store.changes.run(user_id, begin)


class TestADigest:
    @pytest.fixture
    def digest_courier(self, store: Store, channel: FakeChannel, metrics: OutboxMetrics) -> Courier:
        """A courier of whose users the first half of each minute is busy."""

        async def agenda(_user_id: UUID, now: datetime, _timezone: str) -> Mapping[str, Any] | None:
            nothing = {"due_today": ["Buy milk"], "overdue": [], "due_today_count": 1, "overdue_count": 0}
            return nothing if now.day % 2 == 0 else None

        return Courier(store, [channel], metrics, {"digest": Digests(agenda)})

    async def test_is_told_each_day_under_another_key_and_not_on_an_empty_one(
        self, digest_courier: Courier, channel: FakeChannel, store: Store, user_id: UUID, clock: FakeClock
    ) -> None:
        await begin_digests(store, user_id)
        days = []
        for _ in range(4):  # the 24th to the 27th
            clock.advance(days=1)
            await work_off(digest_courier)
            days.append(len(channel.told))

        assert days == [1, 1, 2, 2]
        assert len(set(channel.keys)) == 2
        assert channel.told[0][0].content["due_today"] == ["Buy milk"]
        assert [message.at - START for message, _ in channel.told] == [timedelta(days=1), timedelta(days=3)]

    async def test_keeps_no_reminder_waiting_though_all_receivers_of_digests_hang(
        self,
        digest_courier: Courier,
        channel: FakeChannel,
        metrics: OutboxMetrics,
        store: Store,
        plan: Plan,
        raw_database: RawDatabase,
        user_id: UUID,
        clock: FakeClock,
    ) -> None:
        for number in range(SLOTS):
            await begin_digests(store, await insert_user(raw_database, email=f"{number}@example.com"))
        clock.advance(days=1)
        hanging: list[Message] = []
        is_over = asyncio.Event()

        async def deliver(message: Message, recipient: Recipient) -> None:
            if message.occasion == "digest" and not is_over.is_set():
                hanging.append(message)
                await is_over.wait()
            channel.told.append((message, recipient))

        channel.deliver = deliver  # type: ignore[method-assign]
        async with digest_courier.run():
            await until(lambda: not digest_courier.lanes["push.bulk"].has_room)
            await plan()
            await until(lambda: bool(channel.told))
            assert [message.occasion for message, _ in channel.told] == ["reminder"]
            assert len(hanging) < SLOTS
            assert metrics.lag_seconds._sum.get() == 0, "digests, a day late by this clock, are not counted"
            is_over.set()
            await until(lambda: len(channel.told) == SLOTS + 1)
        assert {entry["lane"] async for entry in raw_database["outbox"].find({})} == {"occasion.bulk"}

    async def test_that_was_planned_before_there_were_lanes_for_it_moves_there(
        self,
        digest_courier: Courier,
        channel: FakeChannel,
        store: Store,
        outbox: Any,
        user_id: UUID,
        clock: FakeClock,
    ) -> None:
        await begin_digests(store, user_id)
        await outbox.update_one({}, {"$set": {"lane": "occasion"}})
        clock.advance(days=1)
        await work_off(digest_courier)

        assert len(channel.told) == 1
        assert (await outbox.find_one({}))["lane"] == "occasion.bulk"

    async def test_of_a_disabled_account_is_told_again_once_it_is_let_in(
        self,
        digest_courier: Courier,
        channel: FakeChannel,
        store: Store,
        raw_database: RawDatabase,
        user_id: UUID,
        clock: FakeClock,
    ) -> None:
        await begin_digests(store, user_id)
        await raw_database["users"].update_one({"_id": user_id}, {"$set": {"is_disabled": True}})
        clock.advance(days=1)
        await work_off(digest_courier)
        assert channel.attempts == 0
        entry = await raw_database["outbox"].find_one({})
        assert entry is not None
        assert (entry["due_at"], entry["attempts"]) == (START + timedelta(days=2), 0)
        assert "claim" not in entry

        await raw_database["users"].update_one({"_id": user_id}, {"$set": {"is_disabled": False}})
        clock.advance(days=2)
        await work_off(digest_courier)
        assert len(channel.told) == 1

    async def test_that_fails_again_and_again_has_another_day(
        self, channel: FakeChannel, metrics: OutboxMetrics, store: Store, outbox: Any, user_id: UUID, clock: FakeClock
    ) -> None:
        async def agenda(_user_id: UUID, _now: datetime, _timezone: str) -> Mapping[str, Any] | None:
            raise KeyError("due")

        courier = Courier(store, [channel], metrics, {"digest": Digests(agenda)})
        await begin_digests(store, user_id)
        clock.advance(days=1)
        for attempts in range(1, MAX_ATTEMPTS):
            await work_off(courier)
            entry = await outbox.find_one({})
            assert entry["attempts"] == attempts
            clock.set(entry["due_at"])
        await work_off(courier)

        entry = await outbox.find_one({})
        assert (entry["state"], entry["attempts"]) == ("waiting", 0)
        assert entry["due_at"] == clock.now() + timedelta(days=1)
        assert metrics.deliveries.labels("occasion", "dead")._value.get() == 0

    async def test_in_quiet_hours_is_told_after_them_on_the_same_day(
        self, digest_courier: Courier, channel: FakeChannel, store: Store, user_id: UUID, clock: FakeClock
    ) -> None:
        await begin_digests(store, user_id, QuietHours(time(11), time(13)))
        clock.advance(days=1)
        await work_off(digest_courier)
        assert channel.told == []

        clock.advance(hours=1)
        await work_off(digest_courier)
        assert len(channel.told) == 1
        clock.advance(hours=23, days=1)
        await work_off(digest_courier)
        clock.advance(hours=1)
        await work_off(digest_courier)
        assert len(channel.told) == 2
