"""Sharding sends what is missing and nothing else, in an order in which no document moves that need not."""

import copy
from collections.abc import Sequence
from typing import Any

import pytest
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey

from app.bootstrap import COLLECTIONS
from app.data.collections import CollectionSpec
from app.data.leases import LEASES
from app.data.migrations import MIGRATIONS
from app.data.sharding import ClusterState, Sharder, ShardingReport, is_user_owned, make_plan
from app.data.zones import Shard, ShardingError
from tests.fakes.cluster import FakeCluster, FakeShardedDatabase

ALL = (LEASES, MIGRATIONS, *COLLECTIONS)
SHARDED = [f"taskfleet.{spec.name}" for spec in ALL if spec.shard_key is not None]
OWNED = [f"taskfleet.{spec.name}" for spec in ALL if is_user_owned(spec)]
USERS, TASKS, IDENTITIES = "taskfleet.users", "taskfleet.tasks", "taskfleet.identities"


def make_cluster(*shards: str) -> FakeCluster:
    return FakeCluster({name: set() for name in shards})


async def shard(
    cluster: FakeCluster, *, may_rezone: bool = False, specs: Sequence[CollectionSpec] = ALL
) -> ShardingReport:
    return await Sharder(FakeShardedDatabase(cluster), specs).run(may_rezone=may_rezone)


async def send(cluster: FakeCluster, command: dict[str, Any]) -> None:
    await FakeShardedDatabase(cluster).command(command, is_admin=not is_index(command))


def is_index(command: dict[str, Any]) -> bool:
    return "createIndexes" in command


def names_of(commands: Sequence[dict[str, Any]]) -> set[str]:
    return {next(iter(command)) for command in commands}


def ranges_of(cluster: FakeCluster, namespace: str) -> list[tuple[Any, Any, str]]:
    return [
        (*tag["min"].values(), *tag["max"].values(), tag["tag"]) for tag in cluster.tags if tag["ns"] == namespace
    ]


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


class TestAShardThatJoins:
    async def test_holds_no_users_until_documents_may_move(self, cluster: FakeCluster) -> None:
        await shard(cluster)
        cluster.shards["d"] = set()

        report = await shard(cluster)

        assert report.commands == ()
        assert report.notes == ("shard d holds no users; --rezone gives it an equal share, which moves documents",)

    async def test_does_not_change_where_a_new_collection_lies(self, cluster: FakeCluster) -> None:
        await shard(cluster)
        cluster.shards["d"] = set()

        await shard(cluster, specs=[*ALL, CollectionSpec("notes", "user_id")])

        assert ranges_of(cluster, "taskfleet.notes") == ranges_of(cluster, USERS)
        assert cluster.shards["d"] == set()

    async def test_gets_an_equal_share_when_documents_may_move(self, cluster: FakeCluster) -> None:
        await shard(cluster)
        cluster.shards["d"] = set()

        report = await shard(cluster, may_rezone=True)

        assert names_of(report.commands) == {"addShardToZone", "updateZoneKeyRange"}
        quarters = [-(2**62), 0, 2**62]
        assert all([upper for _, upper, _ in ranges_of(cluster, each)[:-1]] == quarters for each in OWNED)
        assert [zone for _, _, zone in ranges_of(cluster, TASKS)] == [f"taskfleet-{number}" for number in range(4)]
        assert report.moving == dict.fromkeys(OWNED, "zoneViolation")
        assert report.notes == ()

    async def test_is_waited_for_when_moving_was_interrupted(self, cluster: FakeCluster) -> None:
        await shard(cluster)
        cluster.shards["d"] = set()
        interrupted = copy.deepcopy(cluster)
        for command in (await shard(cluster, may_rezone=True)).commands[:8]:
            await send(interrupted, command)

        with pytest.raises(ShardingError, match="--rezone"):
            await shard(interrupted)
        await shard(interrupted, may_rezone=True)

        assert [ranges_of(interrupted, each) for each in OWNED] == [ranges_of(cluster, each) for each in OWNED]


class TestAShardThatIsBeingRemoved:
    async def test_keeps_its_users_until_documents_may_move(self, cluster: FakeCluster) -> None:
        await shard(cluster)
        cluster.draining.add("b")

        report = await shard(cluster)

        assert report.commands == ()
        assert report.notes == ("shard b is being removed but has a zone; --rezone moves its users to the others",)

    async def test_leaves_its_users_to_the_others(self, cluster: FakeCluster) -> None:
        await shard(cluster)
        cluster.draining.add("b")

        await shard(cluster, may_rezone=True)

        assert [zone for _, _, zone in ranges_of(cluster, TASKS)] == ["taskfleet-0", "taskfleet-2"]

    async def test_does_not_count_in_a_new_cluster(self, cluster: FakeCluster) -> None:
        cluster.draining.add("b")

        await shard(cluster)

        assert cluster.shards == {"a": {"taskfleet-0"}, "b": set(), "c": {"taskfleet-1"}}


class TestRangesThatSomebodyElseMade:
    def arrange(self, cluster: FakeCluster) -> None:
        cluster.shards["a"].add("europe")
        cluster.tags.append(
            {"ns": TASKS, "min": {"user_id": MinKey()}, "max": {"user_id": Int64(0)}, "tag": "europe"}
        )

    async def test_are_refused_and_nothing_is_done(self, cluster: FakeCluster) -> None:
        await shard(cluster)
        cluster.commands.clear()
        cluster.tags[:] = [tag for tag in cluster.tags if tag["ns"] != TASKS]
        self.arrange(cluster)

        with pytest.raises(ShardingError, match=r"ranges of taskfleet\.tasks .*--rezone"):
            await shard(cluster)
        assert cluster.commands == []

    async def test_are_replaced_when_documents_may_move(self, cluster: FakeCluster) -> None:
        self.arrange(cluster)

        await shard(cluster, may_rezone=True)

        assert ranges_of(cluster, TASKS) == ranges_of(cluster, USERS)
        assert cluster.shards["a"] == {"europe", "taskfleet-0"}

    async def test_are_missed_on_a_sharded_collection_as_well(self, cluster: FakeCluster) -> None:
        cluster.collections[TASKS] = {"_id": TASKS, "key": {"user_id": "hashed"}}
        cluster.placed[TASKS] = []

        with pytest.raises(ShardingError, match="--rezone"):
            await shard(cluster)

    async def test_of_which_no_shard_has_a_zone_are_refused(self, cluster: FakeCluster) -> None:
        self.arrange(cluster)

        with pytest.raises(ShardingError, match="no shard can take a range"):
            await shard(cluster)


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
