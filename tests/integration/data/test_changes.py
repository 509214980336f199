"""The revision: every change of a user counts it up by one, in one transaction, however many run at once."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.errors import ServiceUnavailableError, UnauthenticatedError
from app.core.settings import Settings
from app.data import changes as changes_module
from app.data.changes import TOMBSTONE_LIFETIME, Change, sync_floor
from app.data.database import Session
from app.data.outbox import OutboxEntry
from app.data.store import Store
from tests.architecture.inspection import Inspection
from tests.factories.users import insert_user
from tests.fakes.clock import START, FakeClock
from tests.servers import FailPoint
from tests.waiting import Signal

Raw = AsyncDatabase[dict[str, Any]]


async def read_user(raw_database: Raw, user_id: UUID) -> dict[str, Any]:
    user = await raw_database["users"].find_one({"_id": user_id})
    assert user is not None
    return user


async def stamp(change: Change) -> int:
    """A change of nothing but the revision."""
    return change.stamp()["revision"]


Body = Callable[[Change], Awaitable[int]]


def writer(store: Store) -> Body:
    """A change that stores one stamped document and returns its revision."""

    async def run(change: Change) -> int:
        lists = store.database.collection("lists")
        document = {"_id": uuid4(), "user_id": change.user_id, **change.stamp()}
        await lists.insert_one(document, session=change.session)
        return document["revision"]

    return run


@pytest.fixture
def write(store: Store) -> Body:
    return writer(store)


@pytest.fixture
async def other_store(
    settings: Settings, clock: FakeClock, inspection: Inspection, store: Store
) -> AsyncIterator[Store]:
    """The data layer of another process, which shares no lock with the first."""
    other = Store.open(settings.mongo, clock, [inspection])
    yield other
    await other.close()


class NoteRecorder:
    """Writes the result of a change beside it, as the idempotency record does."""

    def __init__(self, store: Store, user_id: UUID) -> None:
        self._collection = store.database.collection("idempotency")
        self._user_id = user_id
        self.error: Exception | None = None
        self.calls = 0

    async def record(self, session: Session, result: int, /) -> None:
        self.calls += 1
        await self._collection.insert_one(
            {"_id": uuid4(), "user_id": self._user_id, "noted": result}, session=session
        )
        if self.error is not None:
            raise self.error


class TestAChange:
    async def test_counts_the_revision_up_and_stamps_with_it(
        self, store: Store, raw_database: Raw, user_id: UUID, clock: FakeClock, write: Body
    ) -> None:
        clock.advance(60)

        assert await store.changes.run(user_id, write) == 1

        (written,) = await raw_database["lists"].find().to_list(None)
        assert (written["revision"], written["updated_at"]) == (1, START + timedelta(seconds=60))
        assert (await read_user(raw_database, user_id))["revision"] == 1

    async def test_knows_the_account_it_belongs_to(self, store: Store, raw_database: Raw) -> None:
        user_id = await insert_user(raw_database, timezone="Europe/Paris", role="admin", revision=41)

        async def look(change: Change) -> tuple[Any, ...]:
            change.stamp()
            return change.user_id, change.account.timezone, change.account.role, change.account.revision

        assert await store.changes.run(user_id, look) == (user_id, "Europe/Paris", "admin", 42)

    async def test_stamps_everything_that_it_writes_with_one_revision(self, store: Store, user_id: UUID) -> None:
        async def stamp_twice(change: Change) -> bool:
            return change.stamp() == change.stamp()

        assert await store.changes.run(user_id, stamp_twice)
        assert await store.changes.run(user_id, stamp) == 2

    async def test_leaves_other_users_as_they_are(
        self, store: Store, raw_database: Raw, user_id: UUID, write: Body
    ) -> None:
        other = await insert_user(raw_database)

        await store.changes.run(user_id, write)

        assert (await read_user(raw_database, other))["revision"] == 0


class WaitingUsers:
    """The collection of users in which the write that begins a change has to wait for an earlier change."""

    def __init__(self, users: Any, wait: Callable[[], None]) -> None:
        self._users, self._wait = users, wait

    def __getattr__(self, name: str) -> Any:
        return getattr(self._users, name)

    async def find_one_and_update(self, *arguments: Any, **options: Any) -> Any:
        self._wait()
        return await self._users.find_one_and_update(*arguments, **options)


class TestAChangeThatWaitedForAnother:
    @pytest.fixture
    def waiting(self, store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Store:
        """Any change waits for five seconds."""
        users = WaitingUsers(store.changes._users, lambda: clock.advance(5))
        monkeypatch.setattr(store.changes, "_users", users)
        return store

    async def test_happens_after_it(self, waiting: Store, user_id: UUID, clock: FakeClock) -> None:
        async def tell(change: Change) -> datetime:
            change.stamp()
            return change.at

        assert await waiting.changes.run(user_id, tell) == clock.now() == START + timedelta(seconds=5)

    async def test_does_not_plan_again_what_was_told_meanwhile(
        self, waiting: Store, raw_database: Raw, user_id: UUID
    ) -> None:
        async def plan(change: Change) -> None:
            for seconds in (3, 7):
                at = START + timedelta(seconds=seconds)
                change.outbox.plan(OutboxEntry(user_id, "reminder", str(seconds), at), change.at)
            change.stamp()

        await waiting.changes.run(user_id, plan)
        assert [entry["subject"] for entry in await raw_database["outbox"].find({}).to_list(None)] == ["7"]


class TestAChangeThatStampsNothing:
    async def test_keeps_the_revision_and_returns_its_result(
        self, store: Store, raw_database: Raw, user_id: UUID
    ) -> None:
        async def look(change: Change) -> str:
            return "seen"

        assert await store.changes.run(user_id, look) == "seen"
        user = await read_user(raw_database, user_id)
        assert (user["revision"], user["revision_marks"], user["updated_at"]) == (0, [], START)

    async def test_is_not_recorded(self, store: Store, raw_database: Raw, user_id: UUID) -> None:
        recorder = NoteRecorder(store, user_id)

        async def look(change: Change) -> int:
            return 0

        await store.changes.run(user_id, look, recorder)

        assert recorder.calls == 0


class TestAChangeThatIsKeptWithoutAStamp:
    async def test_is_committed_under_no_new_revision(self, store: Store, raw_database: Raw) -> None:
        user_id = await insert_user(raw_database)

        async def insert_and_keep(change: Change) -> None:
            document = {"_id": uuid4(), "user_id": change.user_id}
            await store.database.collection("lists").insert_one(document, session=change.session)
            change.keep()

        await store.changes.run(user_id, insert_and_keep)

        assert await raw_database["lists"].count_documents({"user_id": user_id}) == 1
        assert (await read_user(raw_database, user_id))["revision"] == 0

    async def test_counts_once_it_stamps(self, store: Store, write: Body, raw_database: Raw) -> None:
        user_id = await insert_user(raw_database)

        async def write_and_keep(change: Change) -> int:
            change.keep()
            return await write(change)

        assert await store.changes.run(user_id, write_and_keep) == 1
        assert (await read_user(raw_database, user_id))["revision"] == 1


class TestAChangeThatFails:
    async def test_keeps_the_revision_and_the_documents(
        self, store: Store, raw_database: Raw, user_id: UUID, write: Body
    ) -> None:
        async def fail(change: Change) -> None:
            await write(change)
            raise LookupError("gone")

        with pytest.raises(LookupError):
            await store.changes.run(user_id, fail)

        assert (await read_user(raw_database, user_id))["revision"] == 0
        assert await raw_database["lists"].count_documents({}) == 0

    async def test_lets_the_next_one_have_its_turn(self, store: Store, user_id: UUID) -> None:
        async def fail(change: Change) -> None:
            raise LookupError("gone")

        with pytest.raises(LookupError):
            await store.changes.run(user_id, fail)

        assert await store.changes.run(user_id, stamp) == 1


class TestARecorder:
    async def test_writes_with_the_change(self, store: Store, raw_database: Raw, user_id: UUID, write: Body) -> None:
        await store.changes.run(user_id, write, NoteRecorder(store, user_id))

        assert [note["noted"] async for note in raw_database["idempotency"].find()] == [1]

    async def test_is_rolled_back_with_a_change_that_it_refuses(
        self, store: Store, raw_database: Raw, user_id: UUID, write: Body
    ) -> None:
        recorder = NoteRecorder(store, user_id)
        recorder.error = LookupError("taken over")

        with pytest.raises(LookupError):
            await store.changes.run(user_id, write, recorder)

        assert await raw_database["idempotency"].count_documents({}) == 0
        assert await raw_database["lists"].count_documents({}) == 0
        assert (await read_user(raw_database, user_id))["revision"] == 0

    async def test_leaves_one_record_when_the_transaction_is_run_again(
        self, store: Store, raw_database: Raw, user_id: UUID, write: Body, failing: FailPoint
    ) -> None:
        async with failing("commitTransaction", times=1, errorCode=112):
            await store.changes.run(user_id, write, NoteRecorder(store, user_id))

        assert await raw_database["idempotency"].count_documents({}) == 1
        assert await raw_database["lists"].count_documents({}) == 1


class TestManyChangesAtOnce:
    async def test_give_every_revision_exactly_once(
        self, store: Store, other_store: Store, raw_database: Raw, user_id: UUID
    ) -> None:
        """Forty, half of them in another process."""
        stores = [store, other_store] * 20

        revisions = await asyncio.gather(*(each.changes.run(user_id, writer(each)) for each in stores))

        assert sorted(revisions) == list(range(1, 41))
        stored = [each["revision"] async for each in raw_database["lists"].find()]
        assert sorted(stored) == list(range(1, 41))
        assert (await read_user(raw_database, user_id))["revision"] == 40

    async def test_of_different_users_do_not_wait_for_each_other(
        self, store: Store, raw_database: Raw, user_id: UUID
    ) -> None:
        other = await insert_user(raw_database)
        is_done = Signal()

        async def wait_for_the_other(change: Change) -> None:
            await is_done.wait()

        async with asyncio.timeout(10):
            waiting = asyncio.create_task(store.changes.run(user_id, wait_for_the_other))
            await store.changes.run(other, stamp)
            is_done.set()
            await waiting

    async def test_keep_no_lock_of_a_user_who_is_at_rest(self, store: Store, user_id: UUID) -> None:
        await asyncio.gather(*(store.changes.run(user_id, stamp) for _ in range(5)))

        assert user_id not in store.changes._locks

    async def test_are_refused_for_now_when_the_first_takes_too_long(
        self, store: Store, user_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(changes_module, "TRANSACTION_TIMEOUT_SECONDS", 0.1)
        has_begun, may_end = Signal(), Signal()

        async def dawdle(change: Change) -> int:
            has_begun.set()
            await may_end.wait()
            return change.stamp()["revision"]

        slow = asyncio.create_task(store.changes.run(user_id, dawdle))
        await has_begun.wait()
        with pytest.raises(ServiceUnavailableError):
            await store.changes.run(user_id, stamp)
        may_end.set()

        assert await slow == 1
        assert await store.changes.run(user_id, stamp) == 2

    async def test_go_on_after_a_caller_that_waited_was_cancelled(self, store: Store, user_id: UUID) -> None:
        has_begun, may_end = Signal(), Signal()

        async def dawdle(change: Change) -> int:
            has_begun.set()
            await may_end.wait()
            return change.stamp()["revision"]

        slow = asyncio.create_task(store.changes.run(user_id, dawdle))
        await has_begun.wait()
        waiting = asyncio.create_task(store.changes.run(user_id, stamp))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        may_end.set()

        assert await slow == 1
        assert await store.changes.run(user_id, stamp) == 2


class TestAUserWhoIsGone:
    @pytest.mark.parametrize("fields", [None, {"deleted_at": datetime(2026, 11, 1, tzinfo=UTC)}])
    async def test_changes_nothing(self, fields: dict[str, Any] | None, store: Store, raw_database: Raw) -> None:
        user_id = uuid4() if fields is None else await insert_user(raw_database, **fields)

        with pytest.raises(UnauthenticatedError) as caught:
            await store.changes.run(user_id, stamp)

        assert "invalid_token" in caught.value.headers["WWW-Authenticate"]
        with pytest.raises(UnauthenticatedError):
            await store.changes.sync_state(user_id)


class TestTheSyncFloor:
    """From which revision on the kept tombstones tell everything: never too low, and not needlessly high."""

    async def test_is_zero_for_a_new_user(self, store: Store, user_id: UUID) -> None:
        await store.changes.run(user_id, stamp)

        assert await store.changes.sync_state(user_id) == (1, 0)

    async def test_is_the_present_when_nothing_happened_for_long(
        self, store: Store, user_id: UUID, clock: FakeClock
    ) -> None:
        await store.changes.run(user_id, stamp)
        await store.changes.run(user_id, stamp)
        clock.advance(days=45)

        assert await store.changes.sync_state(user_id) == (2, 2)

    async def test_never_hides_an_expired_tombstone_nor_asks_for_more_than_a_day_too_much(
        self, store: Store, raw_database: Raw, user_id: UUID, clock: FakeClock
    ) -> None:
        dice = random.Random(7)
        history: list[datetime] = []  # the instant of revision 1, 2, ...
        for _ in range(150):
            clock.advance(hours=dice.choice([0, 1, 5, 20, 30, 24 * 12]) * dice.random())
            await store.changes.run(user_id, stamp)
            history.append(clock.now())
            clock.advance(hours=dice.random() * 3)

            revision, floor = await store.changes.sync_state(user_id)

            horizon = clock.now() - TOMBSTONE_LIFETIME
            expired = sum(at < horizon for at in history)
            needed = sum(at < horizon + timedelta(days=1, hours=2) for at in history)
            assert revision == len(history)
            assert expired <= floor <= max(needed, expired)
        assert len((await read_user(raw_database, user_id))["revision_marks"]) <= 33

    async def test_survives_a_clock_that_was_ahead_for_a_while(
        self, store: Store, user_id: UUID, clock: FakeClock
    ) -> None:
        await store.changes.run(user_id, stamp)
        clock.advance(days=365)
        await store.changes.run(user_id, stamp)
        clock.set(START + timedelta(hours=1))
        await store.changes.run(user_id, stamp)
        for _ in range(40):
            clock.advance(days=1)
            await store.changes.run(user_id, stamp)

        revision, floor = await store.changes.sync_state(user_id)

        assert revision == 43
        assert 43 - 31 <= floor <= 43 - 29

    def test_counts_a_mark_near_the_horizon_as_past(self) -> None:
        now = START
        edge = now - TOMBSTONE_LIFETIME
        marks = [
            {"at": edge + timedelta(minutes=30), "revision": 5},
            {"at": edge + timedelta(hours=2), "revision": 9},
        ]

        assert sync_floor({"revision": 20, "revision_marks": marks}, now) == 9
