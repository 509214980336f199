"""Ranges of collections that are sharded change when the operator says so, and never by themselves."""

import copy

import pytest
from bson.int64 import Int64
from bson.min_key import MinKey

from app.data.collections import CollectionSpec
from app.data.zones import ShardingError
from tests.fakes.cluster import FakeCluster
from tests.unit.data.clusters import (
    ALL,
    OWNED,
    TASKS,
    USERS,
    make_cluster,
    names_of,
    ranges_of,
    send,
    shard,
    zones_of,
)


@pytest.fixture
def cluster() -> FakeCluster:
    """Three shards without any zone or collection."""
    return make_cluster("a", "b", "c")


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
        assert zones_of(cluster, TASKS) == ["taskfleet-0", "taskfleet-1", "taskfleet-3", "taskfleet-2"]
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

        assert zones_of(cluster, TASKS) == ["taskfleet-0", "taskfleet-2"]

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
