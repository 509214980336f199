"""The inspection of all commands finds what it is there to find; without these controls its silence means nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from pymongo import IndexModel, InsertOne, UpdateOne

from app.core.settings import Settings
from app.data.collections import CollectionSpec
from app.data.database import Collection, Database
from tests.architecture.inspection import BrokenDataRuleError, Inspection

USER, OTHER, TASK = UUID(int=1), UUID(int=2), UUID(int=3)

SPECS = (
    CollectionSpec("scratch_work", "user_id"),
    CollectionSpec("scratch_users", "_id"),
    CollectionSpec("scratch_shared", None),
)


@pytest.fixture(scope="module")
async def watched(settings: Settings) -> AsyncIterator[tuple[Database, Inspection]]:
    """A database under an inspection of its own, whose findings fail no other test."""
    name = f"{settings.mongo.database}_scratch"
    inspection = Inspection(name, settings.mongo.url.get_secret_value(), SPECS)
    database = Database(settings.mongo.model_copy(update={"database": name}), [inspection])
    for spec in SPECS:
        await database.create_collection(spec.name)
    await database.collection("scratch_work").create_indexes(
        [
            IndexModel([("user_id", 1), ("rank", 1)], name="by_rank"),
            IndexModel([("due", 1)], name="everybody_by_due"),
        ]
    )
    yield database, inspection
    await database.close()
    inspection.close()


@pytest.fixture
def inspection(watched: tuple[Database, Inspection]) -> Inspection:
    watched[1].forget()
    return watched[1]


@pytest.fixture
def work(watched: tuple[Database, Inspection]) -> Collection:
    return watched[0].collection("scratch_work")


Act = Callable[[Collection], Awaitable[Any]]

UNTARGETED: dict[str, Act] = {
    "find": lambda work: work.find({"rank": 1}).to_list(None),
    "find_one": lambda work: work.find_one({"_id": TASK}),
    "find several users": lambda work: work.find({"user_id": {"$in": [USER, OTHER]}}).to_list(None),
    "find all but one user": lambda work: work.find({"user_id": {"$ne": USER}}).to_list(None),
    "find nobody": lambda work: work.find({"user_id": None}).to_list(None),
    "find either": lambda work: work.find({"$or": [{"user_id": USER}, {"rank": 1}]}).to_list(None),
    "count": lambda work: work.count_documents({"rank": 1}),
    "update_one": lambda work: work.update_one({"_id": TASK}, {"$set": {"rank": 2}}),
    "update_many": lambda work: work.update_many({}, {"$set": {"rank": 2}}),
    "upsert": lambda work: work.update_one({"_id": TASK}, {"$set": {"user_id": USER}}, upsert=True),
    "replace_one": lambda work: work.replace_one({"_id": TASK}, {"user_id": USER}),
    "find_one_and_update": lambda work: work.find_one_and_update({"_id": TASK}, {"$set": {"rank": 2}}),
    "delete_one": lambda work: work.delete_one({"_id": TASK}),
    "delete_many": lambda work: work.delete_many({"rank": 1}),
    "insert": lambda work: work.insert_many([{"user_id": USER}, {"rank": 1}]),
    "bulk_write": lambda work: work.bulk_write(
        [InsertOne({"user_id": USER}), UpdateOne({"_id": TASK}, {"$set": {"rank": 2}})]
    ),
}

TARGETED: dict[str, Act] = {
    "find": lambda work: work.find({"user_id": USER}, sort=[("rank", 1)]).to_list(None),
    "find by conjunction": lambda work: work.find({"$and": [{"user_id": USER}, {"rank": 1}]}).to_list(None),
    "find by operator": lambda work: work.find({"user_id": {"$eq": USER}}).to_list(None),
    "find by ids": lambda work: work.find({"user_id": USER, "_id": {"$in": [TASK, OTHER]}}).to_list(None),
    "count": lambda work: work.count_documents({"user_id": USER}),
    "update_one": lambda work: work.update_one({"user_id": USER, "_id": TASK}, {"$set": {"rank": 2}}),
    "upsert": lambda work: work.update_one({"user_id": USER, "_id": TASK}, {"$set": {"rank": 2}}, upsert=True),
    "find_one_and_update": lambda work: work.find_one_and_update(
        {"user_id": USER, "_id": TASK}, {"$set": {"rank": 2}}
    ),
    "delete_many": lambda work: work.delete_many({"user_id": USER}),
    "bulk_write": lambda work: work.bulk_write(
        [InsertOne({"user_id": USER}), UpdateOne({"user_id": USER, "_id": TASK}, {"$set": {"rank": 2}})]
    ),
}


class TestACommandWithoutTheShardKey:
    @pytest.mark.parametrize("name", UNTARGETED)
    async def test_is_found(self, name: str, work: Collection, inspection: Inspection) -> None:
        await UNTARGETED[name](work)

        with pytest.raises(BrokenDataRuleError, match="without equality on its shard key 'user_id'"):
            inspection.verify()

    async def test_is_found_in_an_aggregation(
        self, watched: tuple[Database, Inspection], inspection: Inspection
    ) -> None:
        await watched[0].aggregate("scratch_work", [{"$group": {"_id": "$user_id"}}])

        with pytest.raises(BrokenDataRuleError, match="without equality"):
            inspection.verify()

    async def test_is_found_behind_an_aggregation_of_one_user(
        self, watched: tuple[Database, Inspection], inspection: Inspection
    ) -> None:
        await watched[0].aggregate(
            "scratch_work", [{"$match": {"user_id": USER}}, {"$unionWith": {"coll": "scratch_users"}}]
        )

        with pytest.raises(BrokenDataRuleError, match="another collection"):
            inspection.verify()

    async def test_is_found_within_a_transaction(
        self, watched: tuple[Database, Inspection], inspection: Inspection
    ) -> None:
        async with watched[0].transaction_session() as session:
            await watched[0].collection("scratch_work").find_one({"rank": 1}, session=session)
            await session.abort_transaction()

        with pytest.raises(BrokenDataRuleError, match="without equality"):
            inspection.verify()

    async def test_is_excused_by_a_listed_comment_alone(self, work: Collection, inspection: Inspection) -> None:
        await work.find_one({"due": 1}, comment="find-erased-accounts")
        inspection.verify()

        await work.find_one({"due": 1}, comment="just-this-once")
        with pytest.raises(BrokenDataRuleError):
            inspection.verify()

    async def test_is_told_once_and_then_forgotten(self, work: Collection, inspection: Inspection) -> None:
        await work.find_one({"rank": 1})
        with pytest.raises(BrokenDataRuleError):
            inspection.verify()

        inspection.verify()


class TestACommandWithTheShardKey:
    @pytest.mark.parametrize("name", TARGETED)
    async def test_passes(self, name: str, work: Collection, inspection: Inspection) -> None:
        await TARGETED[name](work)

        assert inspection.operations
        inspection.verify()

    async def test_passes_in_an_aggregation(
        self, watched: tuple[Database, Inspection], inspection: Inspection
    ) -> None:
        await watched[0].aggregate("scratch_work", [{"$match": {"user_id": USER}}, {"$count": "count"}])

        inspection.verify()


class TestACommandThatNobodyVouchesFor:
    async def test_is_found_on_an_undeclared_collection(
        self, watched: tuple[Database, Inspection], inspection: Inspection
    ) -> None:
        await watched[0].collection("scratch_unknown").find_one({"user_id": USER})

        with pytest.raises(BrokenDataRuleError, match="nobody declared"):
            inspection.verify()

    async def test_is_found_by_its_name(self, watched: tuple[Database, Inspection], inspection: Inspection) -> None:
        await watched[0].command({"collStats": "scratch_work"})

        with pytest.raises(BrokenDataRuleError, match="unknown command collStats"):
            inspection.verify()


class TestAQueryThatNoIndexServes:
    async def test_is_found_when_it_scans_the_collection(
        self, watched: tuple[Database, Inspection], inspection: Inspection
    ) -> None:
        await watched[0].collection("scratch_users").find_one({"_id": USER})
        inspection.verify()

        await (
            watched[0]
            .collection("scratch_users")
            .find_one({"$and": [{"_id": USER}, {"$expr": True}]}, hint=[("$natural", 1)])
        )
        with pytest.raises(BrokenDataRuleError, match="collection scan"):
            inspection.verify()

    async def test_is_found_when_it_sorts_in_memory(self, work: Collection, inspection: Inspection) -> None:
        await work.find({"user_id": USER}, sort=[("title", 1)]).to_list(None)

        with pytest.raises(BrokenDataRuleError, match="sort in memory"):
            inspection.verify()

    async def test_is_found_when_a_pipeline_sorts_in_memory(
        self, watched: tuple[Database, Inspection], inspection: Inspection
    ) -> None:
        await watched[0].aggregate(
            "scratch_work",
            [{"$match": {"user_id": USER}}, {"$group": {"_id": "$rank"}}, {"$sort": {"_id": 1}}],
        )

        with pytest.raises(BrokenDataRuleError, match="sort in memory"):
            inspection.verify()

    async def test_is_found_when_it_walks_through_other_users(self, work: Collection, inspection: Inspection) -> None:
        await work.find({"user_id": USER, "due": {"$gt": 1}}, hint="everybody_by_due").to_list(None)

        with pytest.raises(BrokenDataRuleError, match="other users' documents"):
            inspection.verify()

    async def test_is_found_in_an_update_that_touches_many(self, work: Collection, inspection: Inspection) -> None:
        await work.update_many({"user_id": USER}, {"$set": {"rank": 1}}, hint=[("$natural", 1)])

        with pytest.raises(BrokenDataRuleError, match="collection scan"):
            inspection.verify()

    async def test_is_explained_again_only_for_another_shape(self, work: Collection, inspection: Inspection) -> None:
        await work.find({"user_id": USER}, sort=[("colour", 1)]).to_list(None)
        with pytest.raises(BrokenDataRuleError):
            inspection.verify()

        await work.find({"user_id": OTHER}, sort=[("colour", 1)]).to_list(None)
        inspection.verify()
        await work.find({"user_id": OTHER}, sort=[("colour", -1)]).to_list(None)
        with pytest.raises(BrokenDataRuleError):
            inspection.verify()
