"""The transaction runner: all or nothing, again after a conflict, never longer than its deadline."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, PyMongoError

from app.data.database import Session
from app.data.failures import is_database_away
from app.data.store import Store
from app.data.threads import pause
from app.data.transactions import TransactionRunner
from app.embedded.mongo import TRANSACTION_LIFETIME_SECONDS
from tests.servers import FailPoint
from tests.waiting import Signal, until

# Error codes of MongoDB (src/mongo/base/error_codes.yml).
WRITE_CONFLICT = 112
NO_SUCH_TRANSACTION = 251
PRIMARY_STEPPED_DOWN = 189
UNAUTHORIZED = 13

DEADLINE_SECONDS = 0.4

Raw = AsyncDatabase[dict[str, Any]]
Body = Callable[[Session], Awaitable[str]]


async def count_up(store: Store, user_id: UUID, session: Session) -> None:
    await store.database.collection("users").update_one({"_id": user_id}, {"$inc": {"revision": 1}}, session=session)


async def revision_of(raw_database: Raw, user_id: UUID) -> int:
    user = await raw_database["users"].find_one({"_id": user_id})
    assert user is not None
    return user["revision"]


async def open_transactions(raw_database: Raw) -> int:
    status = await raw_database.client.admin.command("serverStatus")
    return status["transactions"]["currentOpen"]


async def until_nothing_is_open(raw_database: Raw) -> None:
    async def is_nothing_open() -> bool:
        return await open_transactions(raw_database) == 0

    # The server gives a transaction up by itself, after twice as long.
    await until(is_nothing_open, deadline_seconds=TRANSACTION_LIFETIME_SECONDS / 2)


@pytest.fixture
async def hasty_runner(store: Store) -> AsyncIterator[TransactionRunner]:
    runner = TransactionRunner(store.database, DEADLINE_SECONDS)
    yield runner
    await runner.close()


@pytest.fixture
def attempts() -> list[int]:
    return []


@pytest.fixture
def body(store: Store, user_id: UUID, attempts: list[int]) -> Body:
    """Counts the user's revision up and notes that it ran."""

    async def run(session: Session) -> str:
        attempts.append(len(attempts))
        await count_up(store, user_id, session)
        return f"attempt {len(attempts)}"

    return run


class TestABodyThatSucceeds:
    async def test_is_committed_and_its_result_returned(
        self, store: Store, raw_database: Raw, user_id: UUID, body: Body
    ) -> None:
        assert await store.transactions.run(body) == "attempt 1"
        assert await revision_of(raw_database, user_id) == 1

    async def test_is_seen_by_others_only_when_it_is_committed(
        self, store: Store, raw_database: Raw, user_id: UUID
    ) -> None:
        has_written, may_go_on = Signal(), Signal()

        async def body(session: Session) -> None:
            await count_up(store, user_id, session)
            has_written.set()
            await may_go_on.wait()

        running = asyncio.create_task(store.transactions.run(body))
        await has_written.wait()
        assert await revision_of(raw_database, user_id) == 0
        may_go_on.set()
        await running
        assert await revision_of(raw_database, user_id) == 1


class TestABodyThatRaises:
    async def test_changes_nothing_and_is_not_run_again(
        self, store: Store, raw_database: Raw, user_id: UUID, attempts: list[int], body: Body
    ) -> None:
        async def fail(session: Session) -> None:
            await body(session)
            raise LookupError("gone")

        with pytest.raises(LookupError, match="gone"):
            await store.transactions.run(fail)

        assert await revision_of(raw_database, user_id) == 0
        assert len(attempts) == 1
        assert await open_transactions(raw_database) == 0

    async def test_raises_its_own_error_though_the_abort_fails_too(
        self, store: Store, raw_database: Raw, user_id: UUID, body: Body, failing: FailPoint
    ) -> None:
        async def fail(session: Session) -> None:
            await body(session)
            raise LookupError("gone")

        async with failing("abortTransaction", times=2, closeConnection=True):
            with pytest.raises(LookupError, match="gone"):
                await store.transactions.run(fail)

        await until_nothing_is_open(raw_database)
        assert await revision_of(raw_database, user_id) == 0

    async def test_passes_on_an_error_of_the_database_that_is_no_conflict(
        self, store: Store, body: Body, attempts: list[int], failing: FailPoint
    ) -> None:
        async with failing("update", errorCode=UNAUTHORIZED):
            with pytest.raises(OperationFailure) as caught:
                await store.transactions.run(body)

        assert not is_database_away(caught.value)
        assert len(attempts) == 1


class TestTwoTransactionsThatWriteTheSameDocument:
    async def test_both_take_effect_after_a_real_conflict(
        self, store: Store, raw_database: Raw, user_id: UUID
    ) -> None:
        first_has_written, second_has_collided = Signal(), Signal()
        second_attempts = 0

        async def first(session: Session) -> None:
            await count_up(store, user_id, session)
            first_has_written.set()
            await second_has_collided.wait()

        async def second(session: Session) -> None:
            nonlocal second_attempts
            second_attempts += 1
            await first_has_written.wait()
            try:
                await count_up(store, user_id, session)
            except PyMongoError:
                second_has_collided.set()
                raise

        async with asyncio.timeout(10):
            await asyncio.gather(store.transactions.run(first), store.transactions.run(second))

        assert await revision_of(raw_database, user_id) == 2
        assert second_attempts > 1

    async def test_lose_no_update_when_there_are_many(
        self, store: Store, raw_database: Raw, user_id: UUID, body: Body
    ) -> None:
        await asyncio.gather(*(store.transactions.run(body) for _ in range(25)))

        assert await revision_of(raw_database, user_id) == 25


class TestAFaultAtTheCommit:
    """What the drivers' own `with_transaction` raises or does twice."""

    @pytest.mark.parametrize("code", [WRITE_CONFLICT, NO_SUCH_TRANSACTION])
    async def test_runs_the_body_again_when_the_transaction_is_lost(
        self, code: int, store: Store, raw_database: Raw, user_id: UUID, body: Body, failing: FailPoint
    ) -> None:
        async with failing("commitTransaction", times=1, errorCode=code):
            assert await store.transactions.run(body) == "attempt 2"

        assert await revision_of(raw_database, user_id) == 1

    async def test_commits_again_without_the_body_when_the_answer_was_lost(
        self, store: Store, raw_database: Raw, user_id: UUID, body: Body, failing: FailPoint
    ) -> None:
        # The driver itself tries a commit twice; the third attempt is ours.
        async with failing("commitTransaction", times=2, closeConnection=True):
            assert await store.transactions.run(body) == "attempt 1"

        assert await revision_of(raw_database, user_id) == 1

    async def test_commits_again_when_the_majority_did_not_confirm_in_time(
        self, store: Store, raw_database: Raw, user_id: UUID, body: Body, failing: FailPoint
    ) -> None:
        write_concern_error = {"code": 64, "codeName": "WriteConcernTimeout", "errmsg": "waiting timed out"}
        async with failing(
            "commitTransaction",
            times=2,
            writeConcernError=write_concern_error,
            errorLabels=["UnknownTransactionCommitResult"],
        ):
            assert await store.transactions.run(body) == "attempt 1"

        assert await revision_of(raw_database, user_id) == 1

    async def test_takes_effect_once_when_a_new_primary_is_elected(
        self, store: Store, raw_database: Raw, user_id: UUID, body: Body, failing: FailPoint
    ) -> None:
        async with failing("commitTransaction", times=2, errorCode=PRIMARY_STEPPED_DOWN):
            await store.transactions.run(body)

        assert await revision_of(raw_database, user_id) == 1

    async def test_is_raised_when_it_is_final(
        self, store: Store, raw_database: Raw, user_id: UUID, body: Body, attempts: list[int], failing: FailPoint
    ) -> None:
        async with failing("commitTransaction", errorCode=UNAUTHORIZED, errorLabels=[]):
            with pytest.raises(OperationFailure):
                await store.transactions.run(body)

        assert len(attempts) == 1
        await until_nothing_is_open(raw_database)


class TestAFaultWithinTheBody:
    @pytest.mark.parametrize("how", [{"errorCode": WRITE_CONFLICT}, {"closeConnection": True}])
    async def test_runs_the_body_again(
        self, how: dict[str, Any], store: Store, raw_database: Raw, user_id: UUID, body: Body, failing: FailPoint
    ) -> None:
        async with failing("update", times=1, **how):
            assert await store.transactions.run(body) == "attempt 2"

        assert await revision_of(raw_database, user_id) == 1


class TestATransactionOfWhoseEndTheServerDidNotHear:
    """Its documents stay locked at the server, which would give it up after ten seconds, here."""

    # The connection fails in the body, and twice for the abort, which the driver tries twice.
    FAILURES = 3

    @pytest.fixture
    def body(self, store: Store, user_id: UUID, attempts: list[int]) -> Body:
        """Counts the user's revision up; the first time it asks for something more."""

        async def run(session: Session) -> str:
            attempts.append(len(attempts))
            await count_up(store, user_id, session)
            if len(attempts) == 1:
                await store.database.collection("users").find_one({"_id": user_id}, session=session)
            return f"attempt {len(attempts)}"

        return run

    async def test_is_ended_so_that_the_next_one_gets_through(
        self, store: Store, raw_database: Raw, user_id: UUID, body: Body, failing: FailPoint
    ) -> None:
        async with failing("find", "abortTransaction", times=self.FAILURES, closeConnection=True):
            await store.transactions.run(body)

        assert await revision_of(raw_database, user_id) == 1
        assert await open_transactions(raw_database) == 0

    async def test_is_in_the_way_until_the_server_hears_of_it(
        self, hasty_runner: TransactionRunner, raw_database: Raw, user_id: UUID, body: Body, failing: FailPoint
    ) -> None:
        async with failing("find", "abortTransaction", "killSessions", closeConnection=True):
            with pytest.raises(PyMongoError) as caught:
                await hasty_runner.run(body)
            assert is_database_away(caught.value)
            assert await open_transactions(raw_database) == 1

        await until_nothing_is_open(raw_database)
        await hasty_runner.run(body)

        assert await revision_of(raw_database, user_id) == 1


class TestTheDeadline:
    # For the abort, and for a machine that is busy.
    GRACE_SECONDS = 1.8

    @pytest.mark.parametrize(
        ("command", "how"),
        [
            ("update", {"errorCode": WRITE_CONFLICT}),
            ("update", {"closeConnection": True}),
            ("update", {"blockConnection": True, "blockTimeMS": 2_400}),
            ("commitTransaction", {"errorCode": WRITE_CONFLICT}),
            ("commitTransaction", {"closeConnection": True}),
            ("commitTransaction", {"blockConnection": True, "blockTimeMS": 2_400}),
        ],
    )
    async def test_ends_the_attempts_with_an_error_that_says_try_later(
        self, command: str, how: dict[str, Any], hasty_runner: TransactionRunner, body: Body, failing: FailPoint
    ) -> None:
        async with failing(command, **how):
            started = time.monotonic()
            with pytest.raises(PyMongoError) as caught:
                await hasty_runner.run(body)
            seconds = time.monotonic() - started

        assert is_database_away(caught.value)
        assert seconds < DEADLINE_SECONDS + self.GRACE_SECONDS

    async def test_leaves_no_document_locked_when_it_passes_within_the_body(
        self, store: Store, hasty_runner: TransactionRunner, raw_database: Raw, user_id: UUID
    ) -> None:
        async def dawdle(session: Session) -> None:
            await count_up(store, user_id, session)
            await pause(DEADLINE_SECONDS)
            await count_up(store, user_id, session)

        with pytest.raises(PyMongoError) as caught:
            await hasty_runner.run(dawdle)

        assert is_database_away(caught.value)
        assert await open_transactions(raw_database) == 0
        assert await revision_of(raw_database, user_id) == 0

    async def test_leaves_the_next_transaction_its_full_time(
        self, hasty_runner: TransactionRunner, raw_database: Raw, user_id: UUID, body: Body, failing: FailPoint
    ) -> None:
        async with failing("update", errorCode=WRITE_CONFLICT):
            with pytest.raises(PyMongoError):
                await hasty_runner.run(body)

        await hasty_runner.run(body)

        assert await revision_of(raw_database, user_id) == 1


class TestACallerThatIsCancelled:
    async def test_leaves_the_transaction_to_end_by_itself(
        self, store: Store, raw_database: Raw, user_id: UUID
    ) -> None:
        is_under_way, may_go_on = Signal(), Signal()

        async def body(session: Session) -> None:
            await count_up(store, user_id, session)
            is_under_way.set()
            await may_go_on.wait()

        caller = asyncio.create_task(store.transactions.run(body))
        await is_under_way.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        may_go_on.set()
        await store.transactions.drain()

        assert await revision_of(raw_database, user_id) == 1
        assert await open_transactions(raw_database) == 0

    async def test_is_not_told_of_a_failure_that_comes_later(
        self, store: Store, raw_database: Raw, user_id: UUID
    ) -> None:
        is_under_way, may_go_on = Signal(), Signal()

        async def body(session: Session) -> None:
            await count_up(store, user_id, session)
            is_under_way.set()
            await may_go_on.wait()
            raise LookupError("gone")

        caller = asyncio.create_task(store.transactions.run(body))
        await is_under_way.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        may_go_on.set()
        await store.transactions.drain()

        assert await revision_of(raw_database, user_id) == 0

    async def test_leaves_sessions_and_connections_in_order_at_whatever_moment(
        self, store: Store, raw_database: Raw, user_id: UUID, body: Body, attempts: list[int]
    ) -> None:
        for steps in range(40):
            caller = asyncio.create_task(store.transactions.run(body))
            for _ in range(steps):
                await asyncio.sleep(0)
            caller.cancel()
            await asyncio.gather(caller, return_exceptions=True)
        await store.transactions.drain()
        before = await revision_of(raw_database, user_id)

        await asyncio.gather(*(store.transactions.run(body) for _ in range(10)))

        # Every body that ran to its end was committed, those of cancelled callers included.
        assert await revision_of(raw_database, user_id) == before + 10
        assert await open_transactions(raw_database) == 0


class TestClosingTheStore:
    async def test_waits_for_a_transaction_whose_caller_has_gone(
        self, store: Store, settings: Any, raw_database: Raw, user_id: UUID
    ) -> None:
        other = Store.open(settings.mongo, store.clock)
        is_under_way = Signal()

        async def body(session: Session) -> None:
            await count_up(other, user_id, session)
            is_under_way.set()

        caller = asyncio.create_task(other.transactions.run(body))
        await is_under_way.wait()
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)

        await other.close()

        assert await revision_of(raw_database, user_id) == 1
