"""Servers as docker-compose.yml starts them become sets, a cluster and accounts, whatever was done before."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from app.bootstrap import apply_migrations
from app.core.settings import MongoSettings, RuntimeSettings, Settings
from tests.deploy.compose.servers import ComposeMongo, as_server, initialise, make_secrets, run
from tests.deploy.compose.stack import SHARDED, services
from tests.fakes.cluster import Document, FakeCluster
from tests.fakes.router import FakeRouter

# A set of a lone server is refused everything at once, or nothing.
IMPATIENT_SECONDS = 1.0


def url(server: ComposeMongo, secrets: Path, reader: str) -> str:
    """Return the address that a service reads, for a server that is here."""
    text = (secrets / reader / "mongo-url").read_text(encoding="ascii").strip()
    return text.replace("mongo:27017", server.address).replace("&replicaSet=taskfleet", "&directConnection=true")


@pytest.fixture
async def mongo(tmp_path: Path, secrets: Path) -> AsyncIterator[ComposeMongo]:
    """The service `mongo`, with no data."""
    async with ComposeMongo(services()["mongo"], tmp_path / "mongo", secrets) as server:
        yield server


class TestAServerWithoutData:
    async def test_becomes_a_set_whose_accounts_may_do_what_they_need(
        self, mongo: ComposeMongo, secrets: Path
    ) -> None:
        outcome = await initialise(secrets, "set", f"taskfleet/{mongo.address}")

        assert (outcome.status, outcome.errors) == (0, "")
        assert "taskfleet: 1 members are a set" in outcome.output
        settings = Settings(
            runtime=RuntimeSettings(profile="local"), mongo=MongoSettings(url=url(mongo, secrets, "migrate"))
        )
        assert (await apply_migrations(settings)).created_collections
        async with AsyncMongoClient(url(mongo, secrets, "api")) as client:
            await client["taskfleet"]["tasks"].insert_one({"_id": 1})
            parameter = await client.admin.command("hello")
            assert parameter["setName"] == "taskfleet"

    async def test_lets_nobody_in_who_has_no_password(self, mongo: ComposeMongo, secrets: Path) -> None:
        await initialise(secrets, "set", f"taskfleet/{mongo.address}")

        async with AsyncMongoClient(f"mongodb://{mongo.address}/?directConnection=true") as client:
            with pytest.raises(OperationFailure, match="requires authentication"):
                await client["taskfleet"]["tasks"].find_one({})

    async def test_lets_the_service_touch_nothing_else(self, mongo: ComposeMongo, secrets: Path) -> None:
        await initialise(secrets, "set", f"taskfleet/{mongo.address}")

        async with AsyncMongoClient(url(mongo, secrets, "api")) as client:
            with pytest.raises(OperationFailure, match="not authorized"):
                await client["other"]["tasks"].insert_one({})
            with pytest.raises(OperationFailure, match="not authorized"):
                await client.admin.command("replSetGetStatus")

    async def test_has_the_limit_of_transactions(self, mongo: ComposeMongo, secrets: Path) -> None:
        await initialise(secrets, "set", f"taskfleet/{mongo.address}")
        password = (secrets / "mongo" / "admin-password").read_text(encoding="ascii").strip()

        async with AsyncMongoClient(f"mongodb://admin:{password}@{mongo.address}/?directConnection=true") as client:
            found = await client.admin.command("getParameter", 1, transactionLifetimeLimitSeconds=1)
        assert found["transactionLifetimeLimitSeconds"] == 10


class TestTheHealthCheck:
    async def test_tells_whether_somebody_listens(self, mongo: ComposeMongo) -> None:
        _, *command, script = services()["mongo"]["healthcheck"]["test"]

        there = await run(*command, script.replace("27017", str(mongo.port)))
        # Port 1 (tcpmux) is of nobody.
        nobody = await run(*command, script.replace("27017", "1"))

        assert (there.status, there.errors, nobody.status) == (0, "", 1)


class TestASetThatThereIs:
    async def test_is_left_as_it_is(self, mongo: ComposeMongo, secrets: Path) -> None:
        await initialise(secrets, "set", f"taskfleet/{mongo.address}")
        async with AsyncMongoClient(url(mongo, secrets, "api")) as client:
            await client["taskfleet"]["tasks"].insert_one({"_id": 1})

            outcome = await initialise(secrets, "set", f"taskfleet/{mongo.address}")

            assert (outcome.status, outcome.errors) == (0, "")
            assert "members are a set" not in outcome.output
            assert await client["taskfleet"]["tasks"].count_documents({}) == 1

    async def test_takes_over_a_password_that_was_changed(
        self, mongo: ComposeMongo, secrets: Path, tmp_path: Path
    ) -> None:
        await initialise(secrets, "set", f"taskfleet/{mongo.address}")
        changed = tmp_path / "changed"
        shutil.copytree(secrets, changed)
        (changed / "mongo" / "taskfleet-password").write_text("another\n", encoding="ascii")

        await initialise(changed, "set", f"taskfleet/{mongo.address}")

        address = f"{mongo.address}/?authSource=admin&directConnection=true"
        async with AsyncMongoClient(f"mongodb://taskfleet:another@{address}") as client:
            assert await client["taskfleet"]["tasks"].count_documents({}) == 0
        async with AsyncMongoClient(url(mongo, secrets, "api")) as client:
            with pytest.raises(OperationFailure, match="Authentication failed"):
                await client["taskfleet"]["tasks"].count_documents({})


class TestWhatCannotBeDone:
    async def test_is_told_where_the_key_is_another_one(
        self, mongo: ComposeMongo, secrets: Path, tmp_path: Path
    ) -> None:
        await make_secrets(tmp_path / "other")

        outcome = await initialise(tmp_path / "other", "set", f"taskfleet/{mongo.address}")

        assert outcome.status == 1
        assert "the key or the password is not the one of the servers" in outcome.errors
        assert len(outcome.errors.splitlines()) == 1

    async def test_is_told_where_nobody_answers(self, secrets: Path) -> None:
        # Port 1 (tcpmux) is of nobody.
        outcome = await initialise(secrets, "set", "taskfleet/127.0.0.1:1", patience_seconds=IMPATIENT_SECONDS)

        assert outcome.status == 1
        assert "takes too long" in outcome.errors
        assert len(outcome.errors.splitlines()) == 1

    async def test_is_told_where_a_secret_is_missing(self, tmp_path: Path) -> None:
        outcome = await initialise(tmp_path, "set", "taskfleet/127.0.0.1:1")

        assert outcome.status == 1
        assert "keyfile cannot be read: No such file or directory" in outcome.errors

    @pytest.mark.parametrize("arguments", [(), ("set",), ("cluster", "mongos:27017", "config/config:27017")])
    async def test_is_told_where_the_arguments_are_none(self, secrets: Path, arguments: tuple[str, ...]) -> None:
        outcome = await initialise(secrets, *arguments)

        assert outcome.status == 1
        assert outcome.errors.startswith("initialise_mongo.py: usage:")


class ClusterOfServers(FakeCluster):
    """What stands behind a mongos: it hands `addShard` on to the config server, which is a real one."""

    def __init__(self, config: ComposeMongo, secrets: Path) -> None:
        super().__init__(shards={})
        self._config = as_server(config, secrets)

    def _list_shards(self, _command: Document) -> Document:
        return {"shards": list(self._config["config"]["shards"].find())}

    def _add_shard(self, command: Document) -> Document:
        self._config.admin.command(
            "_configsvrAddShard", command["addShard"], name=command["name"], writeConcern={"w": "majority"}
        )
        return super()._add_shard(command)

    def close(self) -> None:
        """Hang up."""
        self._config.close()


@dataclass(frozen=True)
class Sharded:
    """The servers of the profile `sharded`, of which `mongo` was a set with a task in it before."""

    cluster: ClusterOfServers
    mongo: ComposeMongo
    shards: tuple[str, str]
    command: tuple[str, ...]


@asynccontextmanager
async def start_sharded(directory: Path, secrets: Path) -> AsyncIterator[Sharded]:
    """Make a set with a task, end it, and start it as a shard beside the others."""
    async with ComposeMongo(services()["mongo"], directory / "mongo", secrets) as mongo:
        assert (await initialise(secrets, "set", f"taskfleet/{mongo.address}")).status == 0
        async with AsyncMongoClient(url(mongo, secrets, "api")) as client:
            await client["taskfleet"]["tasks"].insert_one({"_id": 1})
        port = mongo.port
    sharded = services(SHARDED)
    async with (
        ComposeMongo(sharded["mongo"], directory / "mongo", secrets, port=port) as mongo,
        ComposeMongo(sharded["config"], directory / "config", secrets) as config,
        ComposeMongo(sharded["shard-2"], directory / "shard-2", secrets) as second,
    ):
        with closing(ClusterOfServers(config, secrets)) as cluster:
            router = FakeRouter(cluster, config.port)
            async with router.listen():
                shards = f"taskfleet/{mongo.address}", f"shard-2/{second.address}"
                command = ("cluster", f"127.0.0.1:{router.port}", f"config/{config.address}", *shards)
                yield Sharded(cluster, mongo, shards, command)


class TestACluster:
    async def test_is_made_of_servers_of_which_one_was_a_set_before(self, tmp_path: Path, secrets: Path) -> None:
        async with start_sharded(tmp_path, secrets) as sharded:
            assert (await initialise(secrets, "set", sharded.shards[0])).status == 0

            first, again = [await initialise(secrets, *sharded.command) for _ in range(2)]

            found = sharded.cluster.answer("admin", {"listShards": 1})
            async with AsyncMongoClient(url(sharded.mongo, secrets, "api")) as client:
                tasks = await client["taskfleet"]["tasks"].count_documents({})

        assert (first.status, first.errors, again.status, again.errors) == (0, "", 0, "")
        assert sharded.cluster.commands == [
            {"addShard": sharded.shards[0], "name": "taskfleet"},
            {"addShard": sharded.shards[1], "name": "shard-2"},
        ]
        assert found is not None
        assert {shard["_id"]: shard["host"] for shard in found["shards"]} == {
            "taskfleet": sharded.shards[0],
            "shard-2": sharded.shards[1],
        }
        assert tasks == 1
        assert "config: 1 members are a set" in first.output
        assert "taskfleet: 1 members are a set" not in first.output


class TestAShard:
    async def test_does_not_go_on_as_the_set_that_it_was(self, tmp_path: Path, secrets: Path) -> None:
        async with start_sharded(tmp_path, secrets) as sharded:
            assert (await initialise(secrets, *sharded.command)).status == 0
            as_shard = await initialise(secrets, "set", sharded.shards[0])
            port = sharded.mongo.port

        async with ComposeMongo(services()["mongo"], tmp_path / "mongo", secrets, port=port):
            as_set = await initialise(secrets, "set", sharded.shards[0])

        assert (as_shard.status, as_shard.errors) == (0, "")
        assert as_set.status == 1
        assert "is a shard of a cluster, and was started without it" in as_set.errors
        assert len(as_set.errors.splitlines()) == 1
