"""The embedded servers on the real programs: readiness, other ports, crashes, orderly ends."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient, WriteConcern

from app.embedded.binaries import CACHE_SERVER, MONGOD, find_server
from app.embedded.cache import EmbeddedCache
from app.embedded.errors import ServerStartError
from app.embedded.mongo import EmbeddedMongo
from app.embedded.server import LOOPBACK, find_free_port
from tests.integration.local_stack.local_process import clean_environment
from tests.integration.local_stack.processes import descendants, wait_for_end


@pytest.fixture(scope="module")
def mongod() -> Path:
    return find_server(MONGOD, None)


@pytest.fixture(scope="module")
def cache_server() -> Path:
    return find_server(CACHE_SERVER, None)


async def insert(mongo: EmbeddedMongo, *values: int) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo.url)
    async with client:
        numbers = client["test"].get_collection("numbers", write_concern=WriteConcern("majority", j=True))
        await numbers.insert_many([{"_id": value} for value in values])


async def read(mongo: EmbeddedMongo) -> list[int]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo.url)
    async with client:
        return [document["_id"] async for document in client["test"]["numbers"].find().sort("_id")]


async def run_transaction(mongo: EmbeddedMongo) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo.url)
    async with client, client.start_session() as session, await session.start_transaction():
        await client["test"]["numbers"].insert_one({"_id": 0}, session=session)


class TestMongod:
    async def test_is_a_writable_primary_when_entered(self, mongod: Path, tmp_path: Path) -> None:
        async with EmbeddedMongo(mongod, tmp_path) as mongo:
            await run_transaction(mongo)
            assert await read(mongo) == [0]

    async def test_keeps_the_data_on_another_port(self, mongod: Path, tmp_path: Path) -> None:
        async with EmbeddedMongo(mongod, tmp_path) as mongo:
            first_port = mongo.port
            await insert(mongo, 1, 2)
        async with EmbeddedMongo(mongod, tmp_path / "stranger", port=first_port) as stranger:
            async with EmbeddedMongo(mongod, tmp_path) as mongo:
                assert mongo.port != first_port
                await insert(mongo, 3)
                assert await read(mongo) == [1, 2, 3]
            assert await read(stranger) == []

    async def test_loses_no_acknowledged_write_when_it_is_killed(self, mongod: Path, tmp_path: Path) -> None:
        for value in range(3):
            async with EmbeddedMongo(mongod, tmp_path) as mongo:
                await insert(mongo, value)
                await mongo.child.kill()
        async with EmbeddedMongo(mongod, tmp_path) as mongo:
            assert await read(mongo) == [0, 1, 2]

    async def test_comes_back_on_the_port_that_it_had(self, mongod: Path, tmp_path: Path) -> None:
        async with EmbeddedMongo(mongod, tmp_path) as mongo:
            port = mongo.port
            await insert(mongo, 1)
            await mongo.child.kill()
        async with EmbeddedMongo(mongod, tmp_path, port=port) as mongo:
            assert mongo.port == port
            assert await read(mongo) == [1]

    async def test_tells_where_its_log_is_when_it_cannot_start(self, mongod: Path, tmp_path: Path) -> None:
        with pytest.raises(ServerStartError, match=rf"^mongod ended at its start \(.+\); its log is {tmp_path}/"):
            async with EmbeddedMongo(mongod, tmp_path, parameters={"noSuchParameter": "1"}):
                pass

    async def test_is_refused_a_data_directory_that_another_one_holds(self, mongod: Path, tmp_path: Path) -> None:
        async with EmbeddedMongo(mongod, tmp_path):
            with pytest.raises(ServerStartError, match=r"^mongod could not get port \d+ or its files for itself"):
                async with EmbeddedMongo(mongod, tmp_path):
                    pass

    async def test_leaves_nothing_behind_when_its_start_is_cancelled(self, mongod: Path, tmp_path: Path) -> None:
        mongo = EmbeddedMongo(mongod, tmp_path)
        starting = asyncio.create_task(mongo.__aenter__())
        async with asyncio.timeout(60):
            while not mongo.log_file.exists():  # noqa: ASYNC110 - a file sets no event
                await asyncio.sleep(0)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        assert starting.cancelled()
        async with EmbeddedMongo(mongod, tmp_path) as again:
            await run_transaction(again)


class TestAPortThatIsTaken:
    async def test_is_given_up_for_another_one(
        self, cache_server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server((LOOPBACK, 0)) as foreign:
            taken, free = foreign.getsockname()[1], find_free_port()
            ports = iter([taken, free])
            monkeypatch.setattr("app.embedded.server.find_free_port", lambda: next(ports))
            async with EmbeddedCache(cache_server, tmp_path) as cache:
                assert cache.port == free

    async def test_is_an_error_when_it_was_asked_for(
        self, cache_server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.embedded.server.PAUSE_BETWEEN_ATTEMPTS_SECONDS", 0.0)
        with socket.create_server((LOOPBACK, 0)) as foreign:
            port = foreign.getsockname()[1]
            with pytest.raises(ServerStartError, match=rf"^cache could not get port {port} or its files"):
                async with EmbeddedCache(cache_server, tmp_path, port=port):
                    pass

    async def test_is_never_mistaken_for_ours_when_the_same_kind_of_server_answers(
        self, cache_server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with EmbeddedCache(cache_server, tmp_path / "foreign") as foreign:
            ports = iter([foreign.port, find_free_port()])
            monkeypatch.setattr("app.embedded.server.find_free_port", lambda: next(ports))
            async with EmbeddedCache(cache_server, tmp_path / "ours") as ours:
                assert ours.port != foreign.port


class TestTheCacheServer:
    async def ask(self, cache: EmbeddedCache, command: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(LOOPBACK, cache.port)
        writer.write(command + b"\r\nPING\r\n")
        answer = await reader.readuntil(b"+PONG\r\n")
        writer.close()
        await writer.wait_closed()
        return answer

    async def test_has_bounded_memory_and_writes_nothing(self, cache_server: Path, tmp_path: Path) -> None:
        async with EmbeddedCache(cache_server, tmp_path) as cache:
            assert b"67108864" in await self.ask(cache, b"CONFIG GET maxmemory")
            assert b"allkeys-lfu" in await self.ask(cache, b"CONFIG GET maxmemory-policy")
            assert b"$2\r\nno" in await self.ask(cache, b"CONFIG GET appendonly")
            await self.ask(cache, b"SET greeting hello")
        assert [path.name for path in tmp_path.iterdir()] == ["cache.log"]

    async def test_starts_empty(self, cache_server: Path, tmp_path: Path) -> None:
        for _ in range(2):
            async with EmbeddedCache(cache_server, tmp_path) as cache:
                assert b":0" in await self.ask(cache, b"DBSIZE")
                await self.ask(cache, b"SET greeting hello")

    async def test_keeps_the_log_of_the_run_before(self, cache_server: Path, tmp_path: Path) -> None:
        for _ in range(3):
            async with EmbeddedCache(cache_server, tmp_path) as cache:
                pid = cache.child.pid
        assert sorted(path.name for path in tmp_path.iterdir()) == ["cache.log", "cache.log.1"]
        assert f"pid={pid}" in (tmp_path / "cache.log").read_text(encoding="utf-8")

    async def test_is_no_child_before_it_was_started(self, cache_server: Path, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError, match="cache has not been started"):
            _ = EmbeddedCache(cache_server, tmp_path).child


PARENT_SCRIPT = """
import asyncio, sys
from pathlib import Path
from app.embedded.binaries import CACHE_SERVER, MONGOD, find_server
from app.embedded.cache import EmbeddedCache
from app.embedded.mongo import EmbeddedMongo

async def main():
    directory = Path(sys.argv[1])
    async with (
        EmbeddedMongo(find_server(MONGOD, None), directory / "mongo"),
        EmbeddedCache(find_server(CACHE_SERVER, None), directory / "cache"),
    ):
        print("up", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


class TestAParentThatIsKilled:
    def test_takes_its_servers_with_it(self, tmp_path: Path) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", PARENT_SCRIPT, str(tmp_path)],
            env=clean_environment(),
            stdout=subprocess.PIPE,
            text=True,
        ) as parent:
            assert parent.stdout is not None
            assert parent.stdout.readline() == "up\n"
            servers = [child.pid for child in descendants(parent.pid)]
            assert len(servers) == 2
            parent.send_signal(signal.SIGKILL)
            wait_for_end(servers)
