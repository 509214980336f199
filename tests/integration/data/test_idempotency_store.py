"""The record of answered requests: one claim a key, one answer a key, whatever dies or comes late."""

import asyncio
import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.errors import ProblemError
from app.data.database import Session
from app.data.idempotency import (
    ANSWER_LIFETIME,
    CLAIM_LIFETIME,
    Claim,
    IdempotencyStore,
    KeyInUseError,
    KeyReusedError,
    StoredAnswer,
)
from app.data.store import Store
from tests.fakes.clock import FakeClock
from tests.servers import FailPoint

USER, OTHER_USER = UUID(int=1), UUID(int=2)
REQUEST, OTHER_REQUEST = b"a" * 32, b"b" * 32
ANSWER = StoredAnswer(201, {"etag": '"1"', "content-type": "application/json"}, b'{"id":1}')


@pytest.fixture
def records(store: Store, clock: FakeClock) -> IdempotencyStore:
    return IdempotencyStore(store.database, clock)


async def claim(records: IdempotencyStore, key: str = "key", request: bytes = REQUEST, user: UUID = USER) -> Claim:
    claimed = await records.claim(user, key, request)
    assert isinstance(claimed, Claim)
    return claimed


class TestANewKey:
    async def test_is_claimed_once(self, records: IdempotencyStore) -> None:
        await claim(records)

        with pytest.raises(KeyInUseError):
            await records.claim(USER, "key", REQUEST)

    async def test_is_claimed_by_one_of_many_at_once(self, records: IdempotencyStore) -> None:
        results = await asyncio.gather(
            *(records.claim(USER, "key", REQUEST) for _ in range(20)), return_exceptions=True
        )

        assert sum(isinstance(result, Claim) for result in results) == 1
        assert sum(isinstance(result, KeyInUseError) for result in results) == 19

    async def test_belongs_to_its_user_alone(self, records: IdempotencyStore) -> None:
        await records.save(await claim(records), ANSWER)

        await claim(records, user=OTHER_USER)

    async def test_is_told_apart_byte_by_byte(self, records: IdempotencyStore) -> None:
        for key in ("key", "KEY", "key ", " key", "k" * 255):
            await claim(records, key)


class TestAnAnsweredKey:
    async def test_has_its_answer_for_a_day(self, records: IdempotencyStore, clock: FakeClock) -> None:
        await records.save(await claim(records), ANSWER)
        assert await records.claim(USER, "key", REQUEST) == ANSWER

        clock.advance(ANSWER_LIFETIME.total_seconds() - 1)
        assert await records.claim(USER, "key", REQUEST) == ANSWER

    async def test_is_new_again_after_a_day(self, records: IdempotencyStore, clock: FakeClock) -> None:
        await records.save(await claim(records), ANSWER)
        clock.advance(ANSWER_LIFETIME.total_seconds())

        again = await claim(records, request=OTHER_REQUEST)

        with pytest.raises(KeyInUseError):
            await records.claim(USER, "key", OTHER_REQUEST)
        await records.save(again, ANSWER)
        assert await records.claim(USER, "key", OTHER_REQUEST) == ANSWER

    async def test_is_refused_for_another_request(self, records: IdempotencyStore) -> None:
        await records.save(await claim(records), ANSWER)

        with pytest.raises(KeyReusedError):
            await records.claim(USER, "key", OTHER_REQUEST)

    async def test_keeps_its_answer_when_its_claim_is_released_too_late(self, records: IdempotencyStore) -> None:
        claimed = await claim(records)
        await records.save(claimed, ANSWER)
        await records.release(claimed)

        assert await records.claim(USER, "key", REQUEST) == ANSWER

    async def test_is_removed_by_the_database_after_its_day(
        self, records: IdempotencyStore, raw_database: AsyncDatabase[dict[str, Any]], clock: FakeClock
    ) -> None:
        await claim(records)

        record = await raw_database["idempotency"].find_one({})
        assert record is not None
        assert record["expires_at"] == clock.now() + timedelta(days=1)


class TestAKeyInUse:
    async def test_is_refused_for_another_request_as_reused(self, records: IdempotencyStore) -> None:
        await claim(records)

        with pytest.raises(KeyReusedError):
            await records.claim(USER, "key", OTHER_REQUEST)

    async def test_comes_back_by_itself_when_the_database_does_not_hear_of_its_release(
        self, records: IdempotencyStore, clock: FakeClock, failing: FailPoint
    ) -> None:
        claimed = await claim(records)
        async with failing("delete", blockConnection=True, blockTimeMS=3_000):
            started = time.monotonic()
            await records.release(claimed)
            seconds = time.monotonic() - started
        with pytest.raises(KeyInUseError):
            await records.claim(USER, "key", REQUEST)
        clock.advance(CLAIM_LIFETIME.total_seconds())

        assert isinstance(await records.claim(USER, "key", REQUEST), Claim)
        assert seconds < 2.5

    async def test_is_free_when_its_claim_is_released(self, records: IdempotencyStore) -> None:
        await records.release(await claim(records))

        await claim(records, request=OTHER_REQUEST)

    async def test_is_taken_over_when_its_holder_died(self, records: IdempotencyStore, clock: FakeClock) -> None:
        await claim(records)
        clock.advance(CLAIM_LIFETIME.total_seconds() - 0.001)
        with pytest.raises(KeyInUseError):
            await records.claim(USER, "key", REQUEST)
        clock.advance(0.001)

        await claim(records)

    async def test_is_taken_over_by_one_of_many_at_once(self, records: IdempotencyStore, clock: FakeClock) -> None:
        await claim(records)
        clock.advance(CLAIM_LIFETIME.total_seconds())

        results = await asyncio.gather(
            *(records.claim(USER, "key", REQUEST) for _ in range(20)), return_exceptions=True
        )

        assert sum(isinstance(result, Claim) for result in results) == 1
        assert sum(isinstance(result, KeyInUseError) for result in results) == 19


class TestAHolderThatWasTakenForDead:
    @pytest.fixture
    async def late(self, records: IdempotencyStore, clock: FakeClock) -> Claim:
        late = await claim(records)
        clock.advance(CLAIM_LIFETIME.total_seconds())
        return late

    async def test_cannot_save_its_answer(self, late: Claim, records: IdempotencyStore) -> None:
        successor = await claim(records)

        with pytest.raises(KeyInUseError):
            await records.save(late, ANSWER)
        await records.save(successor, ANSWER)

    async def test_cannot_commit_its_change(
        self, late: Claim, records: IdempotencyStore, store: Store, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        await claim(records)

        async def change(session: Session) -> None:
            lists = store.database.collection("lists")
            await lists.insert_one({"_id": uuid4(), "user_id": USER}, session=session)
            await records.save(late, ANSWER, session)

        with pytest.raises(KeyInUseError):
            await store.transactions.run(change)
        assert await raw_database["lists"].count_documents({}) == 0

    async def test_cannot_release_the_key_of_its_successor(self, late: Claim, records: IdempotencyStore) -> None:
        await claim(records)
        await records.release(late)

        with pytest.raises(KeyInUseError):
            await records.claim(USER, "key", REQUEST)

    async def test_commits_when_nobody_took_its_place(self, late: Claim, records: IdempotencyStore) -> None:
        await records.save(late, ANSWER)

        assert await records.claim(USER, "key", REQUEST) == ANSWER


class TestARecordThatVanishesBetweenTwoLooks:
    async def test_is_answered_as_in_use(self, records: IdempotencyStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """The holder releases it after our insert collided and before we read it."""
        claimed = await claim(records)
        collection = records._collection

        async def release_first(*args: Any, **options: Any) -> Any:
            await records.release(claimed)
            return await collection.find_one(*args, **options)

        class Racing:
            def __getattr__(self, name: str) -> Any:
                return release_first if name == "find_one" else getattr(collection, name)

        monkeypatch.setattr(records, "_collection", Racing())

        with pytest.raises(ProblemError) as caught:
            await records.claim(USER, "key", REQUEST)
        assert caught.value.status == 409
