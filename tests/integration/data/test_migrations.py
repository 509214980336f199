"""Migrations bring a database up to date: once, by one process at a time, again where one was interrupted."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import IndexModel
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, PyMongoError

from app.bootstrap import COLLECTIONS, apply_migrations
from app.core.settings import Settings
from app.data.changes import TOMBSTONE_LIFETIME
from app.data.collections import CollectionSpec, Index
from app.data.leases import Leases
from app.data.migrations import Migration, Migrator
from app.data.store import Store
from tests.fakes.clock import START, FakeClock

SPECS = (
    CollectionSpec("things", "user_id", (Index("by_rank", [("user_id", 1), ("rank", 1)]),)),
    CollectionSpec("plain", None),
)


@pytest.fixture
async def empty_store(
    settings: Settings, clock: FakeClock, raw_database: AsyncDatabase[dict[str, Any]]
) -> AsyncIterator[Store]:
    """A database with nothing in it, dropped afterwards."""
    name = f"{settings.mongo.database}_migrations"
    store = Store.open(settings.mongo.model_copy(update={"database": name}), clock)
    yield store
    await store.close()
    await raw_database.client.drop_database(name)


class Step:
    """A migration that notes that it ran and may be told to fail or to wait."""

    def __init__(self, version: int) -> None:
        self.runs = 0
        self.error: Exception | None = None
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.has_begun = asyncio.Event()
        self.migration = Migration(version, f"step {version}", self.apply)

    async def apply(self, store: Store) -> None:
        self.runs += 1
        self.has_begun.set()
        await self.may_end.wait()
        if self.error is not None:
            raise self.error


def make_migrator(store: Store, *steps: Step) -> Migrator:
    return Migrator(store, SPECS, [step.migration for step in steps])


async def applied_versions(store: Store) -> list[int]:
    return [document["_id"] for document in await store.database.collection("migrations").find({}).to_list(None)]


class TestAnEmptyDatabase:
    async def test_gets_the_collections_indexes_and_steps(self, empty_store: Store) -> None:
        report = await make_migrator(empty_store, Step(1), Step(2)).run()

        # The lease that the migrator itself takes has made `leases` already.
        assert set(report.created_collections) == {"migrations", "things", "plain"}
        assert report.created_indexes == ("things.by_rank",)
        assert report.applied_versions == (1, 2)
        assert "by_rank" in await empty_store.database.collection("things").index_information()
        assert await applied_versions(empty_store) == [1, 2]

    async def test_remembers_when_a_step_was_applied(self, empty_store: Store) -> None:
        await make_migrator(empty_store, Step(1)).run()

        record = await empty_store.database.collection("migrations").find_one({"_id": 1})
        assert record == {"_id": 1, "description": "step 1", "applied_at": START}


class TestAnIndexOverManyDocuments:
    """The deadline of other calls ends long before such an index is built."""

    BUILDING = {"blockConnection": True, "blockTimeMS": 700}  # noqa: RUF012 - the arguments of a fail point

    @pytest.fixture
    async def hasty_store(
        self, empty_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Store]:
        monkeypatch.setattr("app.data.database.OPERATION_TIMEOUT_MS", 400)
        store = Store.open(
            settings.mongo.model_copy(update={"database": empty_store.database.name}), empty_store.clock
        )
        yield store
        await store.close()

    async def test_is_waited_for(self, hasty_store: Store, failing: Any) -> None:
        async with failing("createIndexes", times=1, **self.BUILDING):
            report = await make_migrator(hasty_store).run()

        assert report.created_indexes == ("things.by_rank",)

    async def test_is_waited_for_when_a_migrator_that_died_had_begun_it(
        self, empty_store: Store, hasty_store: Store, failing: Any
    ) -> None:
        """It is listed from its beginning; making it again is how to wait for its end."""
        await make_migrator(empty_store).run()

        async with failing("createIndexes", times=1, **self.BUILDING):
            report = await make_migrator(hasty_store).run()

        assert report.created_indexes == ()

    async def test_is_not_by_a_call_with_the_common_deadline(self, hasty_store: Store, failing: Any) -> None:
        """The control."""
        indexes = [index.to_model() for index in SPECS[0].indexes]
        async with failing("createIndexes", times=1, **self.BUILDING):
            with pytest.raises(PyMongoError) as raised:
                await hasty_store.database.collection("things").create_indexes(indexes)

        assert raised.value.timeout


class TestADatabaseThatIsUpToDate:
    async def test_is_left_alone(self, empty_store: Store) -> None:
        step = Step(1)
        await make_migrator(empty_store, step).run()

        report = await make_migrator(empty_store, step).run()

        assert (report.created_collections, report.created_indexes) == ((), ())
        assert (report.dropped_indexes, report.applied_versions) == ((), ())
        assert step.runs == 1

    async def test_gets_what_is_new_alone(self, empty_store: Store) -> None:
        first, second = Step(1), Step(2)
        await make_migrator(empty_store, first).run()

        report = await make_migrator(empty_store, first, second).run()

        assert report.applied_versions == (2,)
        assert (first.runs, second.runs) == (1, 1)


class TestAnIndexThatChanged:
    OLD = CollectionSpec("things", "user_id", (Index("by_rank", [("user_id", 1), ("rank", 1)]),))
    NEW = CollectionSpec(
        "things",
        "user_id",
        (Index("by_rank_and_size", [("user_id", 1), ("rank", 1), ("size", 1)]),),
        retired_indexes=("by_rank", "never_made"),
    )

    async def test_takes_the_place_of_the_retired_one(self, empty_store: Store) -> None:
        await Migrator(empty_store, [self.OLD]).run()

        report = await Migrator(empty_store, [self.NEW]).run()

        assert report.created_indexes == ("things.by_rank_and_size",)
        assert report.dropped_indexes == ("things.by_rank",)
        present = await empty_store.database.collection("things").index_information()
        assert present.keys() == {"_id_", "by_rank_and_size"}

    async def test_is_dropped_once(self, empty_store: Store) -> None:
        for spec in (self.OLD, self.NEW):
            await Migrator(empty_store, [spec]).run()

        report = await Migrator(empty_store, [self.NEW]).run()

        assert (report.created_indexes, report.dropped_indexes) == ((), ())

    async def test_stops_the_migration_under_its_old_name(self, empty_store: Store) -> None:
        changed = CollectionSpec("things", "user_id", (Index("by_rank", [("user_id", 1), ("size", 1)]),))
        await Migrator(empty_store, [self.OLD]).run()

        with pytest.raises(OperationFailure, match="by_rank"):
            await Migrator(empty_store, [changed]).run()

    async def test_leaves_an_index_of_somebody_elses_alone(self, empty_store: Store) -> None:
        await Migrator(empty_store, [self.OLD]).run()
        things = empty_store.database.collection("things")
        await things.create_indexes([IndexModel([("colour", 1)], name="an_operators")])

        await Migrator(empty_store, [self.NEW]).run()

        assert "an_operators" in await things.index_information()


class TestTwoMigratorsAtOnce:
    async def test_run_every_step_once(self, empty_store: Store) -> None:
        step = Step(1)
        step.may_end.clear()

        first = asyncio.create_task(make_migrator(empty_store, step).run())
        await step.has_begun.wait()
        second = asyncio.create_task(make_migrator(empty_store, step).run())
        step.may_end.set()
        async with asyncio.timeout(10):
            reports = await asyncio.gather(first, second)

        assert [report.applied_versions for report in reports] == [(1,), ()]
        assert step.runs == 1

    async def test_make_an_empty_database_together(self, empty_store: Store) -> None:
        step = Step(1)
        async with asyncio.timeout(20):
            await asyncio.gather(*(make_migrator(empty_store, step).run() for _ in range(4)))

        assert step.runs == 1


class TestAnInterruptedMigration:
    async def test_runs_the_step_again_and_not_the_ones_before(self, empty_store: Store) -> None:
        first, second = Step(1), Step(2)
        second.error = LookupError("interrupted")
        with pytest.raises(LookupError):
            await make_migrator(empty_store, first, second).run()
        second.error = None

        report = await make_migrator(empty_store, first, second).run()

        assert report.applied_versions == (2,)
        assert (first.runs, second.runs) == (1, 2)

    async def test_is_gone_on_with_when_the_dead_one_held_the_lease(
        self, empty_store: Store, clock: FakeClock
    ) -> None:
        step = Step(1)
        await make_migrator(empty_store).run()
        await empty_store.database.collection("leases").insert_one(
            {"_id": "migrate", "holder": "dead", "expires_at": START}
        )
        clock.advance(1)

        async with asyncio.timeout(10):
            await make_migrator(empty_store, step).run()

        assert step.runs == 1

    async def test_gives_the_lease_back(self, empty_store: Store) -> None:
        step = Step(1)
        step.error = LookupError("interrupted")
        with pytest.raises(LookupError):
            await make_migrator(empty_store, step).run()

        assert await empty_store.database.collection("leases").find_one({"_id": "migrate"}) is None


class TestTheListOfMigrations:
    @pytest.mark.parametrize("versions", [(2, 1), (1, 1)])
    async def test_is_refused_unless_versions_rise(self, versions: tuple[int, ...], empty_store: Store) -> None:
        with pytest.raises(ValueError, match="rising"):
            make_migrator(empty_store, *map(Step, versions))


class TestTheDeclaredCollections:
    async def test_are_all_there_with_all_their_indexes(self, store: Store, settings: Settings) -> None:
        for spec in COLLECTIONS:
            present = await store.database.collection(spec.name).index_information()
            assert {index.name for index in spec.indexes} | {"_id_"} == present.keys()

        report = await apply_migrations(settings)
        assert (report.created_collections, report.created_indexes) == ((), ())

    def test_retire_no_index_that_they_have(self) -> None:
        for spec in COLLECTIONS:
            assert not {index.name for index in spec.indexes} & set(spec.retired_indexes)

    async def test_keep_tasks_that_are_not_deleted_out_of_the_index_that_expires(self, store: Store) -> None:
        for name in ("tasks", "lists"):
            present = await store.database.collection(name).index_information()
            assert present["deleted_at"]["expireAfterSeconds"] == TOMBSTONE_LIFETIME.total_seconds()
            assert present["deleted_at"]["partialFilterExpression"] == {"deleted_at": {"$exists": True}}

    def test_are_sharded_by_user_unless_they_are_keyed_by_what_is_looked_up(self) -> None:
        by_key = {spec.name: spec.shard_key for spec in COLLECTIONS}

        assert {name for name, key in by_key.items() if key == "_id"} == {"users", "identities"}
        unsharded = {name for name, key in by_key.items() if key is None}
        assert unsharded == {"audit", "locks", "common_tasks", "catalogues"}

    def test_have_indexes_that_lead_to_one_user_or_serve_expiry_admins_or_workers(self) -> None:
        """The shard key comes first or second; `deleted`, which every such query names, may come ahead of it."""
        others = {
            f"{spec.name}.{index.name}"
            for spec in COLLECTIONS
            for index in spec.indexes
            if spec.shard_key is not None
            and spec.shard_key not in [field for field, _ in index.keys[:2]]
            and "expireAfterSeconds" not in index.to_model().document
        }
        assert others == {
            "users.email",
            "users.google_id",
            "users.deleted_at",
            "users.disabled",
            "users.last_seen_at",
            "outbox.due",
            "outbox.dead",
        }


class TestALeaseThatAnotherMigratorHolds:
    async def test_is_waited_for(self, empty_store: Store) -> None:
        step = Step(1)
        migrator = make_migrator(empty_store, step)
        leases = Leases(empty_store.database, empty_store.clock)
        async with leases.hold("migrate", START - START.replace(hour=11)):
            waiting = asyncio.create_task(migrator.run())
            await asyncio.wait([waiting], timeout=0.3)
            assert step.runs == 0

        async with asyncio.timeout(10):
            await waiting
        assert step.runs == 1
