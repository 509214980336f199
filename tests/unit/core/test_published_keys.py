"""The public keys that a process fetches: shared fetches, looks for unknown keys, what stays when nobody answers."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry

from app.core import published_keys
from app.core.access_tokens import PublicKeys, UnknownKeyError
from app.core.metrics import KeySetMetrics
from app.core.published_keys import (
    MAX_AGE_SECONDS,
    REFRESH_SECONDS,
    RETRY_SECONDS,
    SECONDS_BETWEEN_LOOKS,
    KeySetError,
    PublishedKeys,
)
from tests.waiting import until

OLD, NEW = {"kid": "old"}, {"kid": "new"}


class Publisher:
    """The process that signs, as far as its key set goes."""

    def __init__(self) -> None:
        self.keys: PublicKeys = {"old": OLD}
        self.count = 0
        self.is_away = False
        self.has_fault = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self) -> PublicKeys:
        self.count += 1
        keys = self.keys  # as they were when the answer was made
        await self.gate.wait()
        if self.is_away:
            raise KeySetError("no answer in time")
        if self.has_fault:
            raise RuntimeError("a fault of ours")
        return keys


class Hands:
    """Keys under a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.publisher = Publisher()
        self.registry = CollectorRegistry()
        self.keys = PublishedKeys(self.publisher.load, KeySetMetrics(self.registry), lambda: self.now)
        self.withdrawals = 0
        self.keys.tell_withdrawals(self.count_withdrawal)

    def count_withdrawal(self) -> None:
        self.withdrawals += 1

    def fetches(self, outcome: str) -> float | None:
        return self.registry.get_sample_value("taskfleet_key_set_fetches_total", {"outcome": outcome})

    async def look(self, key_id: str) -> None:
        """Look as requests do, after a while in which nobody did."""
        self.now += SECONDS_BETWEEN_LOOKS
        await self.keys.look_for(key_id)


@pytest.fixture
async def hands() -> Hands:
    return Hands()


@contextmanager
def unknown(*, is_sure: bool) -> Iterator[None]:
    with pytest.raises(UnknownKeyError) as caught:
        yield
    assert caught.value.is_sure is is_sure


async def settle() -> None:
    """Let every task go on until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


class TestAKey:
    async def test_is_found_once_the_set_was_fetched(self, hands: Hands) -> None:
        assert not hands.keys.are_known
        with unknown(is_sure=False):
            hands.keys.find("old")

        await hands.look("old")

        assert hands.keys.are_known
        assert hands.keys.find("old") == OLD

    async def test_that_is_in_no_set_is_surely_unknown(self, hands: Hands) -> None:
        await hands.look("made-up")

        with unknown(is_sure=True):
            hands.keys.find("made-up")

    async def test_that_is_new_is_found_by_looking(self, hands: Hands) -> None:
        await hands.look("old")
        hands.publisher.keys = {"old": OLD, "new": NEW}

        await hands.look("new")

        assert hands.keys.find("new") == NEW
        assert hands.withdrawals == 0

    async def test_that_was_taken_back_is_forgotten_and_told(self, hands: Hands) -> None:
        hands.publisher.keys = {"old": OLD, "new": NEW}
        await hands.look("new")
        hands.publisher.keys = {"new": NEW}

        await hands.look("made-up")

        assert hands.withdrawals == 1
        with unknown(is_sure=True):
            hands.keys.find("old")


class TestKeysThatSomebodyMakesUp:
    async def test_cause_one_fetch_at_a_time_for_all(self, hands: Hands) -> None:
        hands.publisher.gate.clear()
        looks = [asyncio.create_task(hands.keys.look_for(f"made-up-{number}")) for number in range(200)]
        await settle()
        hands.publisher.gate.set()
        await asyncio.gather(*looks)

        assert hands.publisher.count == 1

    async def test_cause_no_further_fetch_for_a_while(self, hands: Hands) -> None:
        for number in range(200):
            hands.now += SECONDS_BETWEEN_LOOKS / 201
            await hands.keys.look_for(f"made-up-{number}")

        assert hands.publisher.count == 1
        await hands.look("made-up")
        assert hands.publisher.count == 2

    async def test_would_cause_as_many_without_that_while(
        self, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The control."""
        monkeypatch.setattr(published_keys, "SECONDS_BETWEEN_LOOKS", 0)
        for number in range(20):
            await hands.keys.look_for(f"made-up-{number}")

        assert hands.publisher.count == 20

    async def test_take_nobody_the_look_at_a_set_that_was_read_before_the_key_was_there(self, hands: Hands) -> None:
        hands.publisher.gate.clear()
        early = asyncio.create_task(hands.look("made-up"))
        await settle()
        hands.publisher.keys = {"old": OLD, "new": NEW}
        hands.now += SECONDS_BETWEEN_LOOKS
        late = [asyncio.create_task(hands.keys.look_for("new")) for _ in range(20)]
        await settle()
        hands.publisher.gate.set()
        await asyncio.gather(early, *late)

        assert hands.keys.find("new") == NEW
        assert hands.publisher.count == 2


class TestAPublisherThatIsAway:
    async def test_leaves_the_known_keys(self, hands: Hands) -> None:
        await hands.look("old")
        hands.publisher.is_away = True

        await hands.look("new")

        assert hands.keys.find("old") == OLD
        assert hands.withdrawals == 0
        assert (hands.fetches("ok"), hands.fetches("failed")) == (1, 1)

    async def test_leaves_in_doubt_what_an_unknown_key_is(self, hands: Hands) -> None:
        await hands.look("old")
        hands.publisher.is_away = True
        await hands.look("new")
        with unknown(is_sure=False):
            hands.keys.find("new")

        hands.publisher.is_away = False
        await hands.look("new")

        with unknown(is_sure=True):
            hands.keys.find("new")

    async def test_leaves_the_known_keys_for_a_day_at_most(self, hands: Hands) -> None:
        await hands.look("old")
        hands.publisher.is_away = True
        hands.now += MAX_AGE_SECONDS - 60
        await hands.look("new")
        assert hands.keys.find("old") == OLD  # the control

        hands.now += 60
        await hands.look("new")

        with unknown(is_sure=False):
            hands.keys.find("old")
        assert not hands.keys.are_known
        assert hands.withdrawals == 1
        hands.publisher.is_away = False
        await hands.look("old")
        assert hands.keys.find("old") == OLD

    async def test_leaves_in_doubt_what_a_key_is_after_a_fault_of_ours(self, hands: Hands) -> None:
        await hands.look("old")
        hands.publisher.has_fault = True

        await hands.look("new")

        with unknown(is_sure=False):
            hands.keys.find("new")

    async def test_is_not_asked_by_each_request(self, hands: Hands) -> None:
        hands.publisher.is_away = True
        for _ in range(200):
            await hands.keys.look_for("old")

        assert hands.publisher.count == 1

    async def test_does_not_keep_the_start_waiting(self, hands: Hands) -> None:
        hands.publisher.gate.clear()
        async with asyncio.timeout(5), hands.keys.run():
            await settle()
            assert hands.publisher.count == 1
            assert not hands.keys.are_known


class TestTheBackground:
    async def test_fetches_at_the_start_and_from_time_to_time(
        self, hands: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(published_keys, "REFRESH_SECONDS", 0.001)
        async with hands.keys.run():
            await until(lambda: hands.publisher.count >= 3)
            hands.publisher.keys = {"new": NEW}
            await until(lambda: hands.withdrawals == 1)

        assert hands.keys.find("new") == NEW
        count = hands.publisher.count
        await settle()
        assert hands.publisher.count == count

    async def test_tries_again_when_nobody_answered(self, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(published_keys, "RETRY_SECONDS", 0.001)
        hands.publisher.is_away = True
        async with hands.keys.run():
            await until(lambda: hands.publisher.count >= 3)
            hands.publisher.is_away = False
            await until(lambda: hands.keys.are_known)

    async def test_outlives_a_fault_of_ours(self, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(published_keys, "RETRY_SECONDS", 0.001)
        hands.publisher.has_fault = True
        async with hands.keys.run():
            await until(lambda: hands.publisher.count >= 2)
            hands.publisher.has_fault = False
            await until(lambda: hands.keys.are_known)

    async def test_ends_a_fetch_that_is_under_way(self, hands: Hands) -> None:
        hands.publisher.gate.clear()
        async with hands.keys.run():
            await settle()
        assert [task for task in asyncio.all_tasks() if "PublishedKeys._fetch" in repr(task.get_coro())] == []

    def test_is_back_in_time_for_a_key_that_is_published_ten_minutes_ahead(self) -> None:
        assert 600 / REFRESH_SECONDS >= 5
        assert RETRY_SECONDS < REFRESH_SECONDS
