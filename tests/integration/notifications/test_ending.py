"""A courier that ends finishes what it is at, gives back what it cannot finish, and takes nothing more."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.core.metrics import OutboxMetrics
from app.data.store import Store
from app.notifications import courier as courier_module
from app.notifications.courier import Courier
from tests.fakes.clock import START
from tests.fakes.notification_channel import FakeChannel
from tests.integration.notifications.conftest import Plan
from tests.waiting import until


class TestACourierAtWork:
    async def test_tells_what_is_due_without_being_asked(
        self, courier: Courier, channel: FakeChannel, plan: Plan, outbox: Any
    ) -> None:
        async with courier.run():
            await plan()
            await until(lambda: len(channel.told) == 1)
        assert await outbox.count_documents({}) == 0

    async def test_survives_a_database_that_fails(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        failing: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("app.notifications.lane._AWAY_SECONDS", 0.01)
        await plan()
        async with failing("find", times=10, errorCode=50), courier.run():
            await until(lambda: len(channel.told) == 1)

    async def test_counts_what_nobody_takes_up(
        self, courier: Courier, metrics: OutboxMetrics, plan: Plan, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(courier_module, "_COUNT_SECONDS", 0.01)
        monkeypatch.setattr("app.notifications.lane.Lane.take", nothing_due)
        for number in range(3):
            await plan(subject=UUID(int=number), seconds=number)
        async with courier.run():
            await until(lambda: metrics.waiting._value.get() == 0)
            clock.advance(courier_module.OVERDUE.total_seconds() + 1)
            await until(lambda: metrics.waiting._value.get() == 2)

    async def test_counts_what_comes_in_bulk_no_sooner_than_after_an_hour(
        self,
        courier: Courier,
        metrics: OutboxMetrics,
        plan: Plan,
        clock: Any,
        outbox: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(courier_module, "_COUNT_SECONDS", 0.01)
        monkeypatch.setattr("app.notifications.lane.Lane.take", nothing_due)
        for number in range(2):
            await plan(subject=UUID(int=number))
        await outbox.update_one({}, {"$set": {"lane": "occasion.bulk"}})
        clock.advance(courier_module.OVERDUE_BULK.total_seconds() - 1)
        async with courier.run():
            await until(lambda: metrics.waiting._value.get() == 1)
            clock.advance(1)
            await until(lambda: metrics.waiting._value.get() == 2)

    async def test_counts_on_after_a_failure_that_nobody_foresaw(
        self, courier: Courier, metrics: OutboxMetrics, plan: Plan, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(courier_module, "_COUNT_SECONDS", 0.01)
        monkeypatch.setattr("app.notifications.lane.Lane.take", nothing_due)
        count_overdue, failures = courier._claims.count_overdue, [KeyError("entries")]

        async def count(*arguments: Any) -> int:
            if failures:
                raise failures.pop()
            return await count_overdue(*arguments)

        monkeypatch.setattr(courier._claims, "count_overdue", count)
        await plan()
        clock.advance(courier_module.OVERDUE.total_seconds() + 1)
        async with courier.run():
            await until(lambda: metrics.waiting._value.get() == 1)


async def nothing_due(_lane: object) -> bool:
    return False


class TestACourierThatEnds:
    async def test_finishes_what_is_under_way(
        self, courier: Courier, channel: FakeChannel, plan: Plan, outbox: Any
    ) -> None:
        channel.gate = asyncio.Event()
        await plan()
        async with courier.run():
            await until(lambda: channel.attempts == 1)
            asyncio.get_running_loop().call_later(0.1, channel.gate.set)
        assert len(channel.told) == 1
        assert await outbox.count_documents({}) == 0

    async def test_gives_back_what_takes_too_long(
        self,
        courier: Courier,
        channel: FakeChannel,
        plan: Plan,
        outbox: Any,
        store: Store,
        metrics: OutboxMetrics,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(courier_module, "_FINISH_SECONDS", 0.05)
        channel.gate = asyncio.Event()
        await plan()
        async with courier.run():
            await until(lambda: channel.attempts == 1)

        entry = await outbox.find_one({})
        assert "claim" not in entry
        assert (entry["due_at"], entry["attempts"]) == (START, 0)
        channel.gate.set()
        async with Courier(store, [channel], metrics).run():
            await until(lambda: len(channel.told) == 1)

    async def test_leaves_to_others_what_comes_of_its_last_occasions(
        self, courier: Courier, channel: FakeChannel, plan: Plan, outbox: Any
    ) -> None:
        await plan()
        await courier.lanes["occasion"].take()
        for lane in courier.lanes.values():
            lane.stop()
        for lane in courier.lanes.values():
            assert await lane.finish(20) == []

        entry = await outbox.find_one({})
        assert (entry["channel"], entry["due_at"], channel.attempts) == ("push:phone", START, 0)
        assert "claim" not in entry

    async def test_leaves_nothing_running(self, courier: Courier) -> None:
        before = asyncio.all_tasks()
        async with courier.run():
            assert len(asyncio.all_tasks()) > len(before)
        assert asyncio.all_tasks() == before
