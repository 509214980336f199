"""Where a real router sends what the service asks for, and how it commits: nothing else can tell."""

from datetime import timedelta

from app.core.clock import SystemClock, format_instant
from app.data.sharding import is_user_owned
from app.data.store import Store
from app.tasks.earlier_reminders import plan_earlier_reminders
from tests.architecture.commands import Operation
from tests.integration.tasks.calls import add_task
from tests.sharded.conftest import Cluster
from tests.sharded.life import OWNED, live
from tests.sharded.routing import (
    commits_of,
    difference,
    explain,
    find_untargeted,
    shards_of,
    targeted_shapes,
)

# Each is on either of two shards by chance: that all are on one happens once in 2,000 runs.
USERS = 12


async def shards_with(cluster: Cluster, collection: str, query: dict[str, object]) -> set[str]:
    """The shards that hold documents of a query: each is asked, and says how many it has."""
    plan = {"find": collection, "filter": query}
    explained = await explain(cluster.database, plan, "executionStats")
    stages = explained["executionStats"]["executionStages"]
    return {shard["shardName"] for shard in stages["shards"] if shard["nReturned"]}


class TestEveryCommandOfALife:
    async def test_goes_to_one_shard(self, real_cluster: Cluster) -> None:
        app = await real_cluster.start_service()
        client = await real_cluster.sign_in(app, "routed@example.com")
        real_cluster.recorder.operations.clear()

        await live(client)

        operations = list(real_cluster.recorder.operations)
        collections = {operation.collection for operation in targeted_shapes(operations).values()}
        assert collections >= {"users", "tasks", "lists", "sessions"}
        assert await find_untargeted(real_cluster.database, operations) == []

    async def test_would_be_found_if_it_went_to_every_shard(self, real_cluster: Cluster) -> None:
        plan = {"find": "tasks", "filter": {"title": "Buy milk"}}
        everywhere = Operation("find", "tasks", query={"title": "Buy milk"}, plan=plan)

        faults = await find_untargeted(real_cluster.database, [everywhere])

        assert len(faults) == 1


class TestEveryCommandOfAMigration:
    async def test_goes_to_one_shard_but_for_the_list_of_users(self, real_cluster: Cluster) -> None:
        app = await real_cluster.start_service()
        client = await real_cluster.sign_in(app, "planned@example.com")
        await add_task(client, reminders=[{"at": format_instant(SystemClock().now() + timedelta(days=1))}])
        store = Store.open(real_cluster.settings.mongo, SystemClock(), [real_cluster.recorder])
        real_cluster.recorder.operations.clear()

        await plan_earlier_reminders(store)
        await store.close()

        operations = list(real_cluster.recorder.operations)
        collections = {operation.collection for operation in targeted_shapes(operations).values()}
        assert collections >= {"users", "tasks", "outbox"}
        assert await find_untargeted(real_cluster.database, operations) == []


class TestTransactionsOfOneUser:
    async def test_commit_on_one_shard(self, real_cluster: Cluster) -> None:
        app = await real_cluster.start_service()
        client = await real_cluster.sign_in(app, "one-phase@example.com")
        before = commits_of(await real_cluster.admin.command("serverStatus"))

        await live(client)

        added = difference(before, commits_of(await real_cluster.admin.command("serverStatus")))
        assert added.get("twoPhaseCommit", 0) == 0
        assert added["singleShard"] > 10


class TestUsers:
    async def test_lie_each_on_one_shard_and_together_on_all(self, real_cluster: Cluster) -> None:
        app = await real_cluster.start_service()
        taken = set()
        for number in range(USERS):
            client = await real_cluster.sign_in(app, f"user-{number}@example.com")
            user_id = await live(client)
            # A condition on no shard key asks every shard, past all that routes by it.
            [home] = {
                shard
                for spec in OWNED
                for shard in await shards_with(
                    real_cluster,
                    spec.name,
                    {"$expr": {"$eq": [f"${spec.shard_key}", user_id]}},
                )
            }
            taken.add(home)

        shards = await real_cluster.admin.command({"listShards": 1})
        assert taken == {shard["_id"] for shard in shards["shards"]}
        assert all(map(is_user_owned, OWNED))

    async def test_are_looked_for_on_the_shard_where_they_lie(self, real_cluster: Cluster) -> None:
        app = await real_cluster.start_service()
        user_id = await live(await real_cluster.sign_in(app, "found@example.com"))

        asked = shards_of(await explain(real_cluster.database, {"find": "tasks", "filter": {"user_id": user_id}}))

        everywhere = {"$expr": {"$eq": ["$user_id", user_id]}}
        assert asked == await shards_with(real_cluster, "tasks", everywhere)
