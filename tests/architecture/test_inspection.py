"""The inspection of all commands finds what it is there to find; without these controls its silence means nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import IndexModel
from pymongo.asynchronous.database import AsyncDatabase

from app.core.settings import Settings
from app.data.collections import CollectionSpec, UntargetedOperation
from app.data.database import Collection, Database, Session
from tests.architecture.inspection import BrokenDataRuleError, Inspection
from tests.architecture.scratch_commands import CHANGING, OTHER, TARGETED, TASK, UNTARGETED, USER

SPECS = (
    CollectionSpec("scratch_work", "user_id"),
    CollectionSpec("scratch_users", "_id"),
    CollectionSpec("users", "_id"),
    CollectionSpec("scratch_shared", None),
)

UNTARGETED_OPERATIONS = {"look-for-due": UntargetedOperation("find", "scratch_work", "index-served")}


@pytest.fixture(scope="module")
async def watched(
    settings: Settings, raw_database: AsyncDatabase[dict[str, Any]]
) -> AsyncIterator[tuple[Database, Inspection]]:
    """A database under an inspection of its own, whose findings fail no other test."""
    name = f"{settings.mongo.database}_scratch"
    await raw_database.client.drop_database(name)  # of an earlier visit, where tests come in any order
    inspection = Inspection(name, settings.mongo.url.get_secret_value(), SPECS, UNTARGETED_OPERATIONS)
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
async def work(watched: tuple[Database, Inspection], raw_database: AsyncDatabase[dict[str, Any]]) -> Collection:
    """The scratch collection, with nothing in it: which tests came before on this process is chance."""
    await raw_database.client[watched[0].name]["scratch_work"].delete_many({})
    return watched[0].collection("scratch_work")


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
        async def work(session: Session) -> None:
            await watched[0].collection("scratch_work").find_one({"rank": 1}, session=session)
            await session.abort_transaction()

        await watched[0].transact(work)

        with pytest.raises(BrokenDataRuleError, match="without equality"):
            inspection.verify()

    async def test_is_excused_by_a_listed_comment_alone(self, work: Collection, inspection: Inspection) -> None:
        await work.find({"due": 1}, comment="look-for-due").to_list(None)
        inspection.verify()

        await work.find({"due": 1}, comment="just-this-once").to_list(None)
        with pytest.raises(BrokenDataRuleError):
            inspection.verify()

    async def test_is_not_excused_by_the_comment_of_another_command(
        self, work: Collection, inspection: Inspection
    ) -> None:
        await work.update_one({"due": 1}, {"$set": {"rank": 1}}, comment="look-for-due")

        with pytest.raises(BrokenDataRuleError, match="without equality"):
            inspection.verify()

    async def test_is_not_excused_by_the_comment_for_another_collection(
        self, watched: tuple[Database, Inspection], inspection: Inspection
    ) -> None:
        await watched[0].collection("scratch_users").find({"due": 1}, comment="look-for-due").to_list(None)

        with pytest.raises(BrokenDataRuleError, match="without equality"):
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


class TestACommandThatMayChangeTheShardKey:
    @pytest.mark.parametrize("name", CHANGING)
    async def test_is_found(self, name: str, work: Collection, inspection: Inspection) -> None:
        await CHANGING[name](work)

        with pytest.raises(BrokenDataRuleError, match="may change its shard key 'user_id'"):
            inspection.verify()


class TestATransaction:
    @pytest.fixture
    def tasks(self, watched: tuple[Database, Inspection]) -> Collection:
        return watched[0].collection("scratch_work")

    @pytest.fixture
    def users(self, watched: tuple[Database, Inspection]) -> Collection:
        """A collection whose `_id` is the user's id, under the name by which the service knows it."""
        return watched[0].collection("users")

    async def test_passes_that_stays_with_one_user(
        self, watched: tuple[Database, Inspection], tasks: Collection, users: Collection, inspection: Inspection
    ) -> None:
        async def work(session: Session) -> None:
            await users.update_one({"_id": USER}, {"$inc": {"revision": 1}}, session=session)
            await tasks.insert_many([{"user_id": USER}, {"user_id": USER}], session=session)
            await session.commit_transaction()

        await watched[0].transact(work)

        inspection.verify()

    async def test_is_found_that_touches_two_users(
        self, watched: tuple[Database, Inspection], tasks: Collection, users: Collection, inspection: Inspection
    ) -> None:
        async def work(session: Session) -> None:
            await users.update_one({"_id": USER}, {"$inc": {"revision": 1}}, session=session)
            await tasks.update_one({"user_id": OTHER, "_id": TASK}, {"$set": {"rank": 1}}, session=session)
            await session.commit_transaction()

        await watched[0].transact(work)

        with pytest.raises(BrokenDataRuleError, match="touches documents of 2 users"):
            inspection.verify()

    async def test_is_found_that_inserts_for_two_users(
        self, watched: tuple[Database, Inspection], tasks: Collection, inspection: Inspection
    ) -> None:
        async def work(session: Session) -> None:
            await tasks.insert_many([{"user_id": USER}, {"user_id": OTHER}], session=session)
            await session.commit_transaction()

        await watched[0].transact(work)

        with pytest.raises(BrokenDataRuleError, match="touches documents of 2 users"):
            inspection.verify()

    async def test_passes_after_that_of_another_user(
        self, watched: tuple[Database, Inspection], tasks: Collection, inspection: Inspection
    ) -> None:
        for user in (USER, OTHER):

            async def work(session: Session, user: str = user) -> None:
                await tasks.insert_one({"user_id": user}, session=session)
                await session.commit_transaction()

            await watched[0].transact(work)

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

    async def test_is_found_on_another_database(
        self, watched: tuple[Database, Inspection], inspection: Inspection
    ) -> None:
        """Such as `bulkWrite` of MongoDB 8.0, which goes to `admin` and writes anywhere."""
        await watched[0].command({"hello": 1}, is_admin=True)
        inspection.verify()

        await watched[0].command({"serverStatus": 1}, is_admin=True)
        with pytest.raises(BrokenDataRuleError, match="serverStatus on the database admin"):
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
