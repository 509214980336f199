"""Clusters that are sharded by the real sharder, and what they look like afterwards."""

from collections.abc import Sequence
from typing import Any

from app.bootstrap import COLLECTIONS
from app.data.collections import CollectionSpec
from app.data.leases import LEASES
from app.data.migrations import MIGRATIONS
from app.data.sharding import Sharder, ShardingReport, is_user_owned
from tests.fakes.cluster import FakeCluster, FakeShardedDatabase, place_of

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
    """The ranges of a collection, in the order of the key space."""
    tags = sorted((tag for tag in cluster.tags if tag["ns"] == namespace), key=lambda tag: place_of(tag["min"]))
    return [(*tag["min"].values(), *tag["max"].values(), tag["tag"]) for tag in tags]


def zones_of(cluster: FakeCluster, namespace: str) -> list[str]:
    return [zone for _, _, zone in ranges_of(cluster, namespace)]
