"""A delivery that fails is tried again, later each time, and in the end kept for administrators."""

import asyncio
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.metrics import OutboxMetrics
from app.data.changes import Change
from app.data.outbox import derive_id, occurrence_of
from app.data.store import Store
from app.notifications import courier as courier_module
from app.notifications import delivery
from app.notifications.channel import PermanentDeliveryError, TemporaryDeliveryError
from app.notifications.courier import UNSERVED, Courier
from app.notifications.kinds import DEFAULT_CHANNELS
from app.notifications.lane import SLOTS
from app.notifications.preferences import Preferences
from app.notifications.quiet_hours import QuietHours
from app.notifications.retries import MAX_ATTEMPTS
from tests.factories.users import insert_user
from tests.fakes.clock import START, FakeClock
from tests.fakes.notification_channel import FakeChannel
from tests.integration.notifications.conftest import Plan, choose, work_off
from tests.waiting import until


def count(metrics: OutboxMetrics, outcome: str) -> float:
    return metrics.deliveries.labels("push", outcome)._value.get()  # type: ignore[no-any-return]


class TestAReceiverThatIsAwayForAWhile:
    async def test_gets_the_message_in_the_end_once_under_the_same_key(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        outbox: Any,
        clock: FakeClock,
        metrics: OutboxMetrics,
        user_id: UUID,
    ) -> None:
        channel.trouble = lambda _: TemporaryDeliveryError("421 try again") if channel.attempts < 4 else None
        await plan()
        await work_off(courier)
        waits = []
        while not channel.told:
            entry = await outbox.find_one({})
            assert (entry["last_error"], entry["attempts"]) == ("421 try again", channel.attempts)
            assert "claim" not in entry
            waits.append((entry["due_at"] - clock.now()).total_seconds())
            clock.set(entry["due_at"])
            await work_off(courier)

        assert all(5 * 2**index <= wait <= 10 * 2**index for index, wait in enumerate(waits))
        key = derive_id(user_id, "reminder", str(UUID(int=7)), occurrence_of(START), "push:phone")
        assert channel.keys == [key]
        assert (count(metrics, "retried"), count(metrics, "delivered"), count(metrics, "dead")) == (3, 1, 0)
        assert await outbox.count_documents({}) == 0

    async def test_is_not_asked_before_the_time_that_it_named(
        self, courier: Courier, channel: FakeChannel, plan: Plan, outbox: Any, clock: FakeClock
    ) -> None:
        channel.trouble = lambda _: TemporaryDeliveryError("429", retry_after_seconds=600)
        await plan()
        await work_off(courier)

        entry = await outbox.find_one({})
        assert 600 <= (entry["due_at"] - clock.now()).total_seconds() <= 610

    async def test_is_given_up_after_the_last_attempt(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        outbox: Any,
        clock: FakeClock,
        metrics: OutboxMetrics,
    ) -> None:
        channel.trouble = lambda _: TemporaryDeliveryError("421 try again")
        await plan()
        await work_off(courier)
        while (entry := await outbox.find_one({}))["state"] == "waiting":
            clock.set(entry["due_at"])
            await work_off(courier)

        assert channel.attempts == entry["attempts"] == MAX_ATTEMPTS
        assert (entry["died_at"], entry["last_error"]) == (clock.now(), "421 try again")
        assert count(metrics, "dead") == 1
        clock.advance(days=2)
        await work_off(courier)
        assert channel.attempts == MAX_ATTEMPTS


class TestAReceiverThatRefuses:
    async def test_is_asked_once(
        self, courier: Courier, channel: FakeChannel, plan: Plan, outbox: Any, clock: FakeClock
    ) -> None:
        channel.trouble = lambda _: PermanentDeliveryError("550 no such mailbox")
        await plan()
        await work_off(courier)
        clock.advance(days=1)
        await work_off(courier)

        entry = await outbox.find_one({})
        assert channel.attempts == 1
        assert (entry["state"], entry["attempts"], entry["last_error"]) == ("dead", 1, "550 no such mailbox")


class TestAReceiverThatDoesNotAnswer:
    async def test_is_asked_again_later(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        outbox: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(delivery, "DELIVERY_SECONDS", 0.01)
        channel.gate = asyncio.Event()
        await plan()
        await work_off(courier)

        entry = await outbox.find_one({})
        assert (entry["state"], entry["attempts"]) == ("waiting", 1)
        assert entry["last_error"].startswith("no answer within")

    async def test_holds_up_neither_notices_nor_other_channels(
        self, courier: Courier, channel: FakeChannel, plan: Plan, raw_database: Any
    ) -> None:
        """Every lane has places of its own."""
        channel.gate = asyncio.Event()
        for _ in range(100):
            await plan(user=await insert_user(raw_database))
        while await courier.lanes["occasion"].take():
            await courier.lanes["occasion"].finish(20)
        await courier.lanes["occasion"].finish(20)

        assert await raw_database["notifications"].count_documents({}) == 100
        assert channel.told == []
        assert channel.attempts < 100  # the rest waits in the database
        channel.gate.set()
        await work_off(courier)
        assert len(set(channel.keys)) == len(channel.keys) == 100

    async def test_leaves_to_others_the_deliveries_that_it_keeps_from_their_places(
        self, courier: Courier, channel: FakeChannel, plan: Plan, raw_database: Any
    ) -> None:
        """The occasions that are told at once are told of the same places."""
        channel.gate = asyncio.Event()
        channel.addresses = ("phone", "laptop", "tablet")
        for _ in range(SLOTS):
            await plan(user=await insert_user(raw_database))
        await courier.lanes["occasion"].take()
        await courier.lanes["occasion"].finish(20)
        await until(lambda: channel.attempts >= SLOTS)

        assert channel.attempts == SLOTS
        is_claimed = {"channel": {"$exists": True}, "claim": {"$exists": True}}
        assert await raw_database["outbox"].count_documents(is_claimed) == SLOTS
        is_left = {"due_at": START, "claim": {"$exists": False}}
        assert await raw_database["outbox"].count_documents(is_left) == 2 * SLOTS
        channel.gate.set()
        await work_off(courier)
        assert len(set(channel.keys)) == len(channel.keys) == 3 * SLOTS

    async def test_holds_up_no_other_user(
        self, courier: Courier, channel: FakeChannel, plan: Plan, raw_database: Any, user_id: UUID
    ) -> None:
        """However many addresses one has."""
        channel.gate = asyncio.Event()
        channel.addresses = tuple(f"phone-{number}" for number in range(20))
        await plan()
        await courier.lanes["occasion"].take()
        await courier.lanes["occasion"].finish(20)
        await until(lambda: channel.attempts >= SLOTS // 4)

        assert channel.attempts == SLOTS // 4
        assert not courier.lanes["push"].has_room_for(user_id)
        is_left = {"due_at": START, "claim": {"$exists": False}}
        assert await raw_database["outbox"].count_documents(is_left) == 20 - SLOTS // 4
        channel.gate.set()
        await work_off(courier)
        assert len(set(channel.keys)) == len(channel.keys) == 20


class TestADeliveryThatIsLate:
    """Its user may have chosen otherwise since the occasion was told, or have gone to bed."""

    @pytest.fixture
    async def tried(self, courier: Courier, channel: FakeChannel, plan: Plan, outbox: Any, clock: FakeClock) -> None:
        """It was tried once, at noon, and is due again."""
        channel.trouble = lambda _: TemporaryDeliveryError("421 try again") if channel.attempts == 1 else None
        await plan()
        await work_off(courier)
        clock.set((await outbox.find_one({}))["due_at"])

    async def test_is_dropped_when_the_channel_is_not_wanted_any_more(
        self, tried: None, courier: Courier, channel: FakeChannel, store: Store, outbox: Any, user_id: UUID
    ) -> None:
        await choose(store, user_id, Preferences(chosen={**DEFAULT_CHANNELS, "reminder": frozenset({"in_app"})}))
        await work_off(courier)

        assert (channel.attempts, await outbox.count_documents({})) == (1, 0)

    async def test_waits_for_the_end_of_quiet_hours_which_is_no_attempt(
        self,
        tried: None,
        courier: Courier,
        channel: FakeChannel,
        store: Store,
        outbox: Any,
        user_id: UUID,
        clock: FakeClock,
    ) -> None:
        await choose(store, user_id, Preferences(quiet_hours=QuietHours(time(12), time(13))))
        await work_off(courier)

        entry = await outbox.find_one({})
        assert (entry["due_at"], entry["attempts"], channel.attempts) == (START + timedelta(hours=1), 1, 1)
        assert "claim" not in entry
        clock.set(entry["due_at"])
        await work_off(courier)
        assert (len(channel.told), await outbox.count_documents({})) == (1, 0)

    async def test_is_told_to_whoever_wants_it_as_before(
        self, tried: None, courier: Courier, channel: FakeChannel
    ) -> None:
        """The control."""
        await work_off(courier)
        assert len(channel.told) == 1

    async def test_follows_what_is_wanted_by_now_even_if_nobody_tried_it(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        store: Store,
        outbox: Any,
        user_id: UUID,
        clock: FakeClock,
    ) -> None:
        await plan()
        courier.lanes["push"].stop()  # so that the delivery is left for later
        await courier.lanes["occasion"].take()
        await courier.lanes["occasion"].finish(20)
        await choose(store, user_id, Preferences(chosen={**DEFAULT_CHANNELS, "reminder": frozenset({"in_app"})}))
        clock.advance(minutes=2)
        await work_off(courier)

        assert (channel.attempts, await outbox.count_documents({})) == (0, 0)


class TestADeliveryOfWhatIsWithdrawn:
    @pytest.fixture
    async def waiting(self, courier: Courier, channel: FakeChannel, plan: Plan) -> list[UUID]:
        """Two reminders that were told within the app, and reached neither of two addresses so far."""
        channel.addresses = ("phone", "laptop")
        channel.trouble = lambda _: TemporaryDeliveryError("503")
        entry_ids = [await plan(subject=UUID(int=number)) for number in (7, 8)]
        await work_off(courier)
        channel.trouble = lambda _: None
        return entry_ids

    async def withdraw(self, store: Store, user_id: UUID, entry_id: UUID) -> None:
        async def withdraw(change: Change) -> None:
            change.outbox.withdraw(user_id, entry_id)
            change.stamp()

        await store.changes.run(user_id, withdraw)

    async def test_is_not_tried_again_while_others_are(
        self,
        store: Store,
        courier: Courier,
        channel: FakeChannel,
        user_id: UUID,
        clock: FakeClock,
        waiting: list[UUID],
        outbox: Any,
    ) -> None:
        assert await outbox.count_documents({"state": "waiting"}) == 4
        await self.withdraw(store, user_id, waiting[0])

        clock.advance(seconds=10)
        await work_off(courier)

        assert sorted(message.subject for message, _ in channel.told) == [str(UUID(int=8))] * 2
        assert await outbox.count_documents({}) == 0

    async def test_is_not_put_back_by_whoever_is_at_it(
        self,
        store: Store,
        courier: Courier,
        channel: FakeChannel,
        user_id: UUID,
        clock: FakeClock,
        waiting: list[UUID],
        outbox: Any,
    ) -> None:
        channel.trouble, channel.gate = lambda _: TemporaryDeliveryError("503"), asyncio.Event()
        clock.advance(seconds=10)
        working = asyncio.create_task(work_off(courier))
        await until(lambda: channel.attempts == 8)
        for entry_id in waiting:
            await self.withdraw(store, user_id, entry_id)
        channel.gate.set()
        await working

        assert await outbox.count_documents({}) == 0


class TestAChannelThatNobodyHasAnyMore:
    async def test_leaves_its_deliveries_to_administrators_after_a_day(
        self,
        store: Store,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        clock: FakeClock,
        metrics: OutboxMetrics,
        outbox: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        channel.trouble = lambda _: TemporaryDeliveryError("503")
        await plan()
        await work_off(courier)
        await outbox.update_one({}, {"$set": {"due_at": clock.now()}})
        # What a newer version plans in lanes of its own is not for this one to judge.
        await outbox.update_one({"_id": await plan(subject=UUID(int=9))}, {"$set": {"lane": "occasion.weekly"}})
        monkeypatch.setattr(courier_module, "_COUNT_SECONDS", 0.01)
        clock.advance(UNSERVED.total_seconds() - 0.001)
        async with Courier(store, [], metrics).run():
            await until(lambda: metrics.waiting._value.get() == 2)
        assert await outbox.count_documents({"state": "dead"}) == 0

        clock.advance(0.001)
        await courier.bury_unserved()
        assert await outbox.count_documents({"state": "dead"}) == 0, "the control: one has the channel"

        async with Courier(store, [], metrics).run():
            await until(lambda: metrics.deliveries.labels("other", "dead")._value.get() == 1)
        [entry] = await outbox.find({"state": "dead"}).to_list(None)
        assert (entry["channel"], entry["died_at"], entry["attempts"]) == ("push:phone", clock.now(), 1)
        assert entry["last_error"] == "nobody delivers by this channel"


class TestAFaultOfOurs:
    async def test_is_tried_again_and_tells_administrators_no_text(
        self, courier: Courier, channel: FakeChannel, plan: Plan, outbox: Any
    ) -> None:
        channel.trouble = lambda message: KeyError(message.content["title"])
        await plan()
        await work_off(courier)

        entry = await outbox.find_one({})
        assert (entry["state"], entry["attempts"], entry["last_error"]) == ("waiting", 1, "KeyError")


class TestADatabaseThatFailsInBetween:
    async def test_costs_no_attempt(
        self, courier: Courier, channel: FakeChannel, plan: Plan, outbox: Any, failing: Any, clock: FakeClock
    ) -> None:
        await plan()
        # A transaction that fails as in an election is repeated at once; this one goes on failing.
        async with failing("commitTransaction", errorCode=50, errorLabels=["TransientTransactionError"]):
            await courier.lanes["occasion"].take()
            await courier.lanes["occasion"].finish(30)

        entry = await outbox.find_one({})
        assert (entry["attempts"], entry["state"]) == (0, "waiting")
        assert channel.attempts == 0
        clock.advance(minutes=2)
        await work_off(courier)
        assert len(channel.told) == 1
