"""The migration that plans earlier reminders gets through many users, whatever becomes of some and of itself."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from app.core.settings import Settings
from app.data.migrations import MigrationError
from app.data.store import Store
from app.tasks.earlier_reminders import PROGRESS
from app.tasks.reminder_repository import ReminderRepository
from tests.architecture.inspection import Inspection
from tests.conftest import SignIn
from tests.factories.notices import user_id_of
from tests.integration.tasks.calls import add_task
from tests.integration.tasks.earlier import (
    VERSION,
    between_finding_and_planning,
    forget_all,
    migrate,
    migrate_until_cut_off,
    outbox_of,
)
from tests.integration.tasks.reminding import RawDatabase
from tests.integration.tasks.test_reminders import in_hours
from tests.servers import FailPoint
from tests.waiting import until


@pytest.fixture
async def users(sign_in: SignIn, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Five users by their ids, each with a task of the version before; two make a page."""
    user_ids = []
    for number in range(5):
        client = await sign_in(f"user-{number}@example.com")
        await add_task(client, reminders=[in_hours(1)])
        user_ids.append(await user_id_of(client))
    await forget_all(raw_database)
    monkeypatch.setattr("app.tasks.earlier_reminders.USER_PAGE", 2)
    return sorted(user_ids)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """The users whose tasks are looked for; those of a page come in any order."""
    found: list[UUID] = []
    find = ReminderRepository.batches

    def note_and_find(self: ReminderRepository, user_id: UUID, *options: Any) -> AsyncIterator[list[UUID]]:
        found.append(user_id)
        return find(self, user_id, *options)

    monkeypatch.setattr(ReminderRepository, "batches", note_and_find)
    return found


async def planned_for(database: RawDatabase) -> list[UUID]:
    return sorted(entry["user_id"] for entry in await outbox_of(database))


async def noted_migrations(database: RawDatabase) -> list[Any]:
    return [document["_id"] for document in await database["migrations"].find({}).to_list()]


async def spoil_task(database: RawDatabase, user_id: UUID) -> None:
    """Take something out of a task without which nobody can tell what it is about."""
    assert (await database["tasks"].update_one({"user_id": user_id}, {"$unset": {"title": ""}})).modified_count == 1


async def mend_task(database: RawDatabase, user_id: UUID) -> None:
    await database["tasks"].update_one({"user_id": user_id}, {"$set": {"title": "mended"}})


class TestARunThatWasCutOff:
    async def test_is_gone_on_with_behind_the_last_page_that_was_done(
        self,
        users: list[UUID],
        looked_at: list[UUID],
        raw_database: RawDatabase,
        migrating: Store,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await migrate_until_cut_off(migrating, monkeypatch, users[3])
        looked_at.clear()

        assert await migrate(migrating) == (VERSION,)

        assert sorted(looked_at) == users[2:]
        assert await planned_for(raw_database) == users

    async def test_is_begun_anew_when_its_progress_is_deleted(
        self,
        users: list[UUID],
        looked_at: list[UUID],
        raw_database: RawDatabase,
        migrating: Store,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Also the control: it is the progress that spares the users."""
        await migrate_until_cut_off(migrating, monkeypatch, users[3])
        assert (await raw_database["migrations"].delete_one({"_id": PROGRESS})).deleted_count == 1
        looked_at.clear()

        await migrate(migrating)

        assert sorted(looked_at) == users


class TestARunThatCameToItsEnd:
    async def test_leaves_no_progress(
        self, users: list[UUID], raw_database: RawDatabase, migrating: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await migrate_until_cut_off(migrating, monkeypatch, users[3])
        assert await noted_migrations(raw_database) == [PROGRESS]

        await migrate(migrating)

        assert await noted_migrations(raw_database) == [VERSION]

    async def test_is_repeated_for_everybody_when_it_is_forgotten(
        self, users: list[UUID], looked_at: list[UUID], raw_database: RawDatabase, migrating: Store
    ) -> None:
        await migrate(migrating)
        before = await outbox_of(raw_database)
        looked_at.clear()
        await raw_database["migrations"].delete_one({"_id": VERSION})  # as docs/operations.md has it

        assert await migrate(migrating) == (VERSION,)

        assert sorted(looked_at) == users
        assert await outbox_of(raw_database) == before


class TestAPageOfUsers:
    @pytest.fixture(autouse=True)
    def all_of_them(self, users: list[UUID], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.tasks.earlier_reminders.USER_PAGE", len(users))
        monkeypatch.setattr("app.tasks.earlier_reminders.USERS_AT_ONCE", 2)

    async def test_is_looked_for_once(self, migrating: Store, inspection: Inspection) -> None:
        inspection.forget()

        await migrate(migrating)

        looks = [operation for operation in inspection.operations if operation.collection == "users"]
        assert len([operation for operation in looks if operation.name == "find"]) == 2  # and one that finds nobody

    async def test_is_planned_for_some_at_once(
        self, raw_database: RawDatabase, migrating: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        under_way, counts = 0, []

        async def count(_user_id: UUID) -> None:
            nonlocal under_way
            under_way += 1
            counts.append(under_way)
            for _ in range(20):  # others that may begin need two calls for that
                await raw_database.command("ping")
            under_way -= 1

        between_finding_and_planning(monkeypatch, count)

        await migrate(migrating)

        assert (len(counts), max(counts)) == (5, 2)

    async def test_does_not_wait_for_the_slowest(
        self, users: list[UUID], raw_database: RawDatabase, migrating: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def others_are_done() -> bool:
            return await planned_for(raw_database) == users[1:]

        async def wait_for_the_others(user_id: UUID) -> None:
            if user_id == users[0]:
                await until(others_are_done)

        between_finding_and_planning(monkeypatch, wait_for_the_others)

        await migrate(migrating)

        assert await planned_for(raw_database) == users


class TestAUserWhosePlanningFails:
    async def test_keeps_nobody_else_from_it(
        self, users: list[UUID], raw_database: RawDatabase, migrating: Store
    ) -> None:
        await spoil_task(raw_database, users[1])

        with capture_logs() as logs, pytest.raises(MigrationError, match="of 1 users"):
            await migrate(migrating)

        assert await planned_for(raw_database) == [users[0], *users[2:]]
        [failure] = [line for line in logs if line["event"] == "reminders_not_planned"]
        assert (failure["user_id"], failure["log_level"]) == (str(users[1]), "error")
        assert isinstance(failure["exc_info"], KeyError)

    async def test_by_the_database_keeps_nobody_else_from_it(
        self,
        users: list[UUID],
        raw_database: RawDatabase,
        settings: Settings,
        migrating: Store,
        failing: FailPoint,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("app.tasks.earlier_reminders.USERS_AT_ONCE", 1)  # two at one moment may both be made fail
        namespace = f"{settings.mongo.database}.tasks"
        async with failing("find", times=1, namespace=namespace, errorCode=96):  # OperationFailed
            with pytest.raises(MigrationError, match="of 1 users"):
                await migrate(migrating)

        assert len(await planned_for(raw_database)) == 4
        assert await migrate(migrating) == (VERSION,)
        assert await planned_for(raw_database) == users

    async def test_for_want_of_the_database_is_told_in_a_line(
        self, users: list[UUID], migrating: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def be_away(user_id: UUID) -> None:
            if user_id == users[0]:
                raise AutoReconnect("away")

        between_finding_and_planning(monkeypatch, be_away)

        with capture_logs() as logs, pytest.raises(MigrationError):
            await migrate(migrating)

        line = {"user_id": str(users[0]), "error": "AutoReconnect", "log_level": "warning"}
        assert logs == [{"event": "reminders_not_planned", **line}]

    async def test_is_tried_again_by_the_next_run_and_alone(
        self, users: list[UUID], looked_at: list[UUID], raw_database: RawDatabase, migrating: Store
    ) -> None:
        await spoil_task(raw_database, users[1])
        for _ in range(2):  # the second run fails as well, and forgets nobody
            looked_at.clear()
            with pytest.raises(MigrationError):
                await migrate(migrating)
        assert looked_at == [users[1]]
        assert await noted_migrations(raw_database) == [PROGRESS]
        await mend_task(raw_database, users[1])

        assert await migrate(migrating) == (VERSION,)

        assert await planned_for(raw_database) == users
        assert await noted_migrations(raw_database) == [VERSION]

    async def test_is_not_forgotten_when_the_run_is_cut_off_later(
        self,
        users: list[UUID],
        looked_at: list[UUID],
        raw_database: RawDatabase,
        migrating: Store,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await spoil_task(raw_database, users[1])
        await migrate_until_cut_off(migrating, monkeypatch, users[3])
        await mend_task(raw_database, users[1])
        looked_at.clear()

        assert await migrate(migrating) == (VERSION,)

        assert sorted(looked_at) == users[1:]
        assert await planned_for(raw_database) == users


class TestManyUsersWhosePlanningFails:
    @pytest.fixture(autouse=True)
    def one_after_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.tasks.earlier_reminders.USERS_AT_ONCE", 1)

    async def test_end_the_run_before_all_have_been_tried(
        self,
        users: list[UUID],
        looked_at: list[UUID],
        raw_database: RawDatabase,
        settings: Settings,
        migrating: Store,
        failing: FailPoint,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """As when the database is away: it is the fault of none of them, and the next run looks at each."""
        monkeypatch.setattr("app.tasks.earlier_reminders.MAX_FAILURES", 3)
        async with failing("find", namespace=f"{settings.mongo.database}.tasks", errorCode=96):
            with pytest.raises(MigrationError, match="of 3 users"):
                await migrate(migrating)
        assert looked_at == users[:3]

        assert await migrate(migrating) == (VERSION,)

        assert await planned_for(raw_database) == users

    async def test_do_not_if_they_are_fewer(
        self, users: list[UUID], looked_at: list[UUID], raw_database: RawDatabase, migrating: Store
    ) -> None:
        """The control, whole pages of failures included."""
        for user_id in users[:4]:
            await spoil_task(raw_database, user_id)

        with pytest.raises(MigrationError, match="of 4 users"):
            await migrate(migrating)

        assert sorted(looked_at) == users
        assert await planned_for(raw_database) == users[4:]
