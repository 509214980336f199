"""Sharding sends what is missing and nothing else, in an order in which no document moves that need not."""

from typing import Any

import pytest
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey

from app.data.collections import CollectionSpec
from app.data.sharding import ClusterState, Sharder, ShardingReport, make_plan
from app.data.zones import Shard, ShardingError
from tests.fakes.cluster import FakeCluster, FakeShardedDatabase
from tests.unit.data.clusters import (
    ALL,
    IDENTITIES,
    OWNED,
    SHARDED,
    TASKS,
    USERS,
    is_index,
    make_cluster,
    names_of,
    ranges_of,
    send,
    shard,
)


@pytest.fixture
def cluster() -> FakeCluster:
    """Three shards without any zone or collection."""
    return make_cluster("a", "b", "c")


class TestANewCluster:
    async def test_gets_every_declared_collection_sharded_by_its_hashed_key(self, cluster: FakeCluster) -> None:
        await shard(cluster)

        assert {name: each["key"] for name, each in cluster.collections.items()} == {
            f"taskfleet.{spec.name}": {spec.shard_key: "hashed"} for spec in ALL if spec.shard_key is not None
        }

    async def test_keeps_the_small_shared_collections_whole(self, cluster: FakeCluster) -> None:
        await shard(cluster)

        assert {"taskfleet.leases", "taskfleet.migrations"}.isdisjoint(cluster.collections)

    async def test_gives_all_collections_of_users_the_same_ranges(self, cluster: FakeCluster) -> None:
        await shard(cluster)

        third = 2**64 // 3
        expected = [
            (MinKey(), Int64(-(2**63) + third), "taskfleet-0"),
            (Int64(-(2**63) + third), Int64(-(2**63) + 2 * 2**64 // 3), "taskfleet-1"),
            (Int64(-(2**63) + 2 * 2**64 // 3), MaxKey(), "taskfleet-2"),
        ]
        assert {USERS, TASKS} <= set(OWNED)
        assert all(ranges_of(cluster, namespace) == expected for namespace in OWNED)

    async def test_leaves_identities_without_zones_because_they_belong_to_no_user(self, cluster: FakeCluster) -> None:
        await shard(cluster)

        assert ranges_of(cluster, IDENTITIES) == []

    async def test_has_one_zone_for_each_shard(self, cluster: FakeCluster) -> None:
        await shard(cluster)

        assert cluster.shards == {"a": {"taskfleet-0"}, "b": {"taskfleet-1"}, "c": {"taskfleet-2"}}

    async def test_has_its_chunks_in_the_right_place_from_the_start(self, cluster: FakeCluster) -> None:
        report = await shard(cluster)

        assert report.moving == {}
        first_sharding = [next(iter(command)) for command in cluster.commands].index("shardCollection")
        assert names_of(cluster.commands[first_sharding:]) == {"createIndexes", "shardCollection"}

    async def test_of_one_shard_has_one_zone(self) -> None:
        cluster = make_cluster("only")
        await shard(cluster)

        assert ranges_of(cluster, TASKS) == [(MinKey(), MaxKey(), "taskfleet-0")]


class TestAClusterThatIsAsDeclared:
    async def test_is_left_alone(self, cluster: FakeCluster) -> None:
        await shard(cluster)
        cluster.commands.clear()

        report = await shard(cluster)

        assert report == ShardingReport(commands=(), notes=(), moving={})
        assert cluster.commands == []

    async def test_is_left_alone_even_if_documents_may_move(self, cluster: FakeCluster) -> None:
        await shard(cluster)

        assert (await shard(cluster, may_rezone=True)).commands == ()

    async def test_gets_a_new_collection_alone(self, cluster: FakeCluster) -> None:
        await shard(cluster)

        report = await shard(cluster, specs=[*ALL, CollectionSpec("notes", "user_id")])

        assert {str(command) for command in report.commands if "taskfleet.notes" not in str(command)} == {
            str({"createIndexes": "notes", "indexes": [{"key": {"user_id": "hashed"}, "name": "user_id_hashed"}]})
        }
        assert ranges_of(cluster, "taskfleet.notes") == ranges_of(cluster, USERS)


class TestASharding:
    async def test_is_finished_by_the_next_run_wherever_it_was_interrupted(self, cluster: FakeCluster) -> None:
        commands = (await shard(cluster)).commands
        assert len(commands) > len(SHARDED)

        for done in range(len(commands)):
            interrupted = make_cluster("a", "b", "c")
            for command in commands[:done]:
                await send(interrupted, command)

            report = await shard(interrupted)

            assert report.commands == commands[done:] or is_index(commands[done - 1])
            assert (interrupted.shards, interrupted.collections) == (cluster.shards, cluster.collections)
            assert interrupted.tags == cluster.tags
            assert report.moving == {}


class TestACollectionThatHasDocuments:
    async def test_gets_the_index_before_it_is_sharded(self, cluster: FakeCluster) -> None:
        cluster.filled.add(TASKS)

        report = await shard(cluster)

        assert cluster.collections[TASKS]["key"] == {"user_id": "hashed"}
        assert report.moving == {TASKS: "zoneViolation"}


class TestACollectionThatIsShardedByAnotherKey:
    @pytest.mark.parametrize("key", [{"user_id": 1}, {"title": "hashed"}, {"user_id": "hashed", "_id": 1}])
    @pytest.mark.parametrize("may_rezone", [False, True])
    async def test_is_refused_and_nothing_is_done(
        self, key: dict[str, Any], may_rezone: bool, cluster: FakeCluster
    ) -> None:
        cluster.collections[TASKS] = {"_id": TASKS, "key": key}

        with pytest.raises(ShardingError, match=r"taskfleet\.tasks is sharded by .*reshardCollection"):
            await shard(cluster, may_rezone=may_rezone)
        assert cluster.commands == []

    async def test_is_no_collection_that_the_cluster_merely_lists(self, cluster: FakeCluster) -> None:
        cluster.collections[TASKS] = {"_id": TASKS, "key": {"_id": 1}, "unsplittable": True}

        await shard(cluster)

        assert cluster.collections[TASKS]["key"] == {"user_id": "hashed"}


class TestAServerThatIsNoRouter:
    async def test_is_refused_in_words_for_the_operator(self, cluster: FakeCluster) -> None:
        class Mongod(FakeShardedDatabase):
            async def command(self, command: dict[str, Any], *, is_admin: bool = False) -> dict[str, Any]:
                return {"isWritablePrimary": True, "setName": "taskfleet", "ok": 1.0}

        with pytest.raises(ShardingError, match="--sharded needs a mongos; TASKFLEET_MONGO_URL leads to a mongod"):
            await Sharder(Mongod(cluster), ALL).require_router()
        await Sharder(FakeShardedDatabase(cluster), ALL).require_router()


class TestAPlan:
    def test_for_a_cluster_without_shards_is_refused(self) -> None:
        with pytest.raises(ShardingError, match="addShard adds one"):
            make_plan("taskfleet", ALL, ClusterState([], {}, {}))

    def test_gives_the_same_shares_whatever_the_order_in_which_shards_are_listed(self) -> None:
        shards = [Shard("a"), Shard("b"), Shard("c")]
        plans = [make_plan("taskfleet", ALL, ClusterState(order, {}, {})) for order in (shards, shards[::-1])]

        assert plans[0] == plans[1]
