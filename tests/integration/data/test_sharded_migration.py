"""`taskfleet migrate --sharded` as a process: on a mongod, and on a stand-in for mongos before that mongod."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from pymongo import MongoClient
from pymongo.asynchronous.database import AsyncDatabase

from app.bootstrap import COLLECTIONS
from app.data.sharding import is_user_owned
from app.embedded.mongo import EmbeddedMongo
from tests.fakes.cluster import FakeCluster
from tests.fakes.router import FakeRouter
from tests.integration.local_stack.local_process import clean_environment
from tests.unit.data.documented_commands import find_fault

SHARDED = [spec for spec in COLLECTIONS if spec.shard_key is not None]
# An index of nothing takes longer to make than anything else here; a busy machine takes some seconds for all.
DEADLINE_SECONDS = 60.0


class Result(NamedTuple):
    exit_code: int | None
    output: str
    errors: str


@pytest.fixture
async def database(raw_database: AsyncDatabase[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """A database with nothing in it, dropped afterwards."""
    name = f"sharded-{os.getpid()}"
    yield raw_database.client[name]
    await raw_database.client.drop_database(name)


@pytest.fixture
async def cluster() -> FakeCluster:
    """Two shards without any zone or collection."""
    return FakeCluster({"first": set(), "second": set()})


@pytest.fixture
async def router_url(cluster: FakeCluster, mongo: EmbeddedMongo) -> AsyncIterator[str]:
    """Where the stand-in for mongos listens."""
    router = FakeRouter(cluster, urlsplit(mongo.url).port or 0)
    async with router.listen():
        yield f"mongodb://127.0.0.1:{router.port}/"


async def migrate(url: str, database: AsyncDatabase[dict[str, Any]], *options: str) -> Result:
    """Run the command beside the stand-in, which answers from this process's event loop."""
    environment = clean_environment(
        TASKFLEET_PROFILE="local", TASKFLEET_MONGO_URL=url, TASKFLEET_MONGO_DATABASE=database.name
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.cli", "migrate", *options),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return Result(process.returncode, output.decode(), errors.decode())


class TestAMongod:
    async def test_is_refused_in_one_line_before_anything_is_changed(
        self, mongo: EmbeddedMongo, database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        result = await migrate(mongo.url, database, "--sharded")

        assert result == Result(1, "", "taskfleet: --sharded needs a mongos; TASKFLEET_MONGO_URL leads to a mongod\n")
        assert await database.list_collection_names() == []

    async def test_is_migrated_without_the_option(
        self, mongo: EmbeddedMongo, database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        result = await migrate(mongo.url, database)

        assert (result.exit_code, result.errors) == (0, "")
        assert "sharding" not in result.output
        assert {spec.name for spec in COLLECTIONS} <= set(await database.list_collection_names())

    async def test_is_not_asked_when_the_options_make_no_sense(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        result = await migrate("mongodb://127.0.0.1:1/", database, "--rezone")

        assert result.exit_code == 2
        assert "--rezone goes with --sharded" in result.errors


class TestARouter:
    async def test_is_told_to_shard_what_the_migration_made(
        self, router_url: str, cluster: FakeCluster, database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        result = await migrate(router_url, database, "--sharded")

        assert (result.exit_code, result.errors) == (0, "")
        assert result.output.splitlines()[1:] == [f"{len(cluster.commands)} sharding commands sent"]
        assert {name.partition(".")[2]: each["key"] for name, each in cluster.collections.items()} == {
            spec.name: {spec.shard_key: "hashed"} for spec in SHARDED
        }
        for spec in SHARDED:
            assert f"{spec.shard_key}_hashed" in await database[spec.name].index_information()

    async def test_gets_commands_that_have_their_documented_form_on_the_wire(
        self, router_url: str, cluster: FakeCluster, database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        await migrate(router_url, database, "--sharded")

        zones = sum(map(is_user_owned, SHARDED)) * len(cluster.shards)
        assert len(cluster.commands) == len(cluster.shards) + zones + 2 * len(SHARDED)
        assert [fault for fault in map(find_fault, cluster.commands) if fault] == []

    async def test_gets_nothing_the_second_time(
        self, router_url: str, cluster: FakeCluster, database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        await migrate(router_url, database, "--sharded")
        cluster.commands.clear()

        result = await migrate(router_url, database, "--sharded")

        assert (result.exit_code, result.output.splitlines()) == (
            0,
            ["0 collections and 0 indexes created, 0 migrations applied", "0 sharding commands sent"],
        )
        assert cluster.commands == []

    async def test_is_asked_and_told_under_the_migration_lease_alone(
        self, router_url: str, cluster: FakeCluster, database: AsyncDatabase[dict[str, Any]], mongo: EmbeddedMongo
    ) -> None:
        seen: dict[str, set[bool]] = {}
        with MongoClient[dict[str, Any]](mongo.url) as client:
            leases = client[database.name]["leases"]

            def look(command: str) -> None:
                seen.setdefault(command, set()).add(leases.find_one({"_id": "migrate"}) is not None)

            cluster.listener = look
            await migrate(router_url, database, "--sharded")
            assert leases.find_one({"_id": "migrate"}) is None

        assert {"listShards", "addShardToZone", "updateZoneKeyRange", "shardCollection"} <= seen.keys()
        assert all(was_held == {True} for was_held in seen.values())

    async def test_learns_of_a_new_shard_when_it_is_told_to_rezone(
        self, router_url: str, cluster: FakeCluster, database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        await migrate(router_url, database, "--sharded")
        cluster.shards["third"] = set()

        told = await migrate(router_url, database, "--sharded")
        moved = await migrate(router_url, database, "--sharded", "--rezone")

        assert told.output.splitlines()[1:] == [
            "0 sharding commands sent",
            "note: shard third holds no users; --rezone gives it an equal share, which moves documents",
        ]
        assert cluster.shards["third"] == {"taskfleet-2"}
        assert f"{database.name}.users: documents are being moved (zoneViolation)" in moved.output.splitlines()
        assert "note:" not in moved.output

    async def test_that_shards_a_collection_by_another_key_is_left_alone(
        self, router_url: str, cluster: FakeCluster, database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        namespace = f"{database.name}.tasks"
        cluster.collections[namespace] = {"_id": namespace, "key": {"title": 1}}

        result = await migrate(router_url, database, "--sharded")

        assert result.exit_code == 1
        assert result.errors.startswith(f"taskfleet: {namespace} is sharded by {{'title': 1}} and not by ")
        assert result.errors.count("\n") == 1
        assert cluster.commands == []

    async def test_that_refuses_a_command_is_quoted_in_one_line(
        self, router_url: str, cluster: FakeCluster, database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        cluster.forbidden.add("shardCollection")

        result = await migrate(router_url, database, "--sharded")

        assert (result.exit_code, result.output) == (1, "")
        assert result.errors == "taskfleet: MongoDB: not authorized on admin to execute command shardCollection\n"
