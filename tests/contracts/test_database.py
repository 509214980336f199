"""The seam between the service and its driver: both drivers behave alike through it."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import bson
import pytest
from bson.codec_options import CodecOptions
from pydantic import SecretStr
from pymongo import InsertOne, UpdateOne
from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError

from app.core.settings import MongoSettings, Settings
from app.data import database as database_module
from app.data.database import Database, Session
from app.data.failures import is_database_away
from app.data.store import Store
from tests import environment
from tests.fakes.clock import FakeClock
from tests.ports import find_free_port
from tests.servers import FailPoint

USER = UUID(int=1)
INSTANT = datetime(2026, 11, 23, 12, 30, 0, 123_000, tzinfo=UTC)
STANDARD: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, uuid_representation=4)


DRIVERS = ("motor", "pymongo")


@pytest.fixture(params=DRIVERS)
async def database(request: pytest.FixtureRequest, settings: Settings, store: Store) -> AsyncIterator[Database]:
    """A connection through either driver, whichever the other tests use."""
    database = Database(settings.mongo.model_copy(update={"driver": request.param}))
    yield database
    await database.close()


class TestADatabase:
    async def test_keeps_ids_and_instants_as_they_are(self, database: Database) -> None:
        document = {"_id": uuid4(), "user_id": USER, "at": INSTANT, "bytes": b"\x00\xff"}
        lists = database.collection("lists")

        await lists.insert_one(dict(document))

        found = await lists.find_one({"user_id": USER, "_id": document["_id"]})
        assert found == document
        assert type(found["_id"]) is UUID
        assert found["at"].tzinfo is not None

    async def test_finds_writes_and_counts(self, database: Database) -> None:
        lists = database.collection("lists")
        ids = [uuid4() for _ in range(3)]
        await lists.bulk_write([InsertOne({"_id": each, "user_id": USER, "position": "a"}) for each in ids])
        await lists.bulk_write([UpdateOne({"_id": ids[0], "user_id": USER}, {"$set": {"position": "b"}})])

        found = await lists.find({"user_id": USER}).to_list(2)

        assert len(found) == 2
        assert await lists.count_documents({"user_id": USER}) == 3
        (grouped,) = await database.aggregate(
            "lists", [{"$match": {"user_id": USER}}, {"$group": {"_id": None, "last": {"$max": "$position"}}}]
        )
        assert grouped["last"] == "b"

    async def test_finds_documents_as_they_travel(self, database: Database) -> None:
        lists = database.collection("lists")
        documents = [
            {"_id": uuid4(), "user_id": USER, "position": position, "at": INSTANT, "text": text}
            for position, text in (("a", ""), ("b", "x" * 10_000), ("c", "y"))  # the driver copies only short ones
        ]
        await lists.insert_many(documents)

        found = await database.raw_collection("lists").find({"user_id": USER}, sort=[("position", 1)]).to_list(None)

        travelling = [bytes(document.raw) for document in found]
        assert [bson.decode(each, codec_options=STANDARD) for each in travelling] == documents

    @pytest.mark.parametrize("kind", ["collection", "raw_collection"])
    async def test_asks_again_when_a_server_was_out_of_reach(
        self, database: Database, failing: FailPoint, kind: str
    ) -> None:
        await database.collection("lists").insert_one({"_id": uuid4(), "user_id": USER})
        lists = getattr(database, kind)("lists")

        async with failing("find", times=1, errorCode=6):  # HostUnreachable, as a router says
            found = await lists.find({"user_id": USER}).to_list(None)

        assert len(found) == 1

    @pytest.mark.parametrize("kind", ["collection", "raw_collection"])
    async def test_tells_what_is_wrong_with_a_query(self, database: Database, kind: str) -> None:
        with pytest.raises(OperationFailure) as caught:
            await getattr(database, kind)("lists").find({"user_id": USER}, hint="nonsense").to_list(None)

        assert caught.value.code == 2  # BadValue
        assert not is_database_away(caught.value)

    async def test_reads_what_a_query_finds_piece_by_piece(self, database: Database) -> None:
        lists = database.collection("lists")
        await lists.insert_many([{"_id": uuid4(), "user_id": USER, "position": str(place)} for place in range(5)])
        cursor = lists.find({"user_id": USER}, sort=[("position", 1)], batch_size=2)

        pieces = [[each["position"] for each in await cursor.to_list(2)] for _ in range(4)]

        assert pieces == [["0", "1"], ["2", "3"], ["4"], []]

    async def test_commits_and_aborts(self, database: Database) -> None:
        lists = database.collection("lists")
        for position, finish in (("kept", "commit_transaction"), ("lost", "abort_transaction")):

            async def insert(session: Session, position: str = position, finish: str = finish) -> None:
                await lists.insert_one({"_id": uuid4(), "user_id": USER, "position": position}, session=session)
                await getattr(session, finish)()

            await database.transact(insert)

        assert [each["position"] for each in await lists.find({"user_id": USER}).to_list(None)] == ["kept"]

    async def test_raises_the_errors_of_one_family(self, database: Database) -> None:
        lists = database.collection("lists")
        document = {"_id": uuid4(), "user_id": USER}
        await lists.insert_one(dict(document))

        with pytest.raises(DuplicateKeyError) as caught:
            await lists.insert_one(dict(document))
        assert not is_database_away(caught.value)

    async def test_acknowledges_only_what_the_majority_has_in_its_journal(
        self, settings: Settings, database: Database
    ) -> None:
        native: Any = database._database

        assert native.write_concern.document == {"w": "majority", "j": True}
        assert native.read_concern.document == {"level": "majority"}
        assert native.client.options.retry_writes
        assert native.client.options.timeout == 4.0


class TestADatabaseThatIsAway:
    TIMEOUT_MILLISECONDS = 400
    # A machine that is busy may take so much longer.
    PATIENCE_SECONDS = 2.0

    @pytest.fixture(autouse=True)
    def _impatience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database_module, "OPERATION_TIMEOUT_MS", self.TIMEOUT_MILLISECONDS)

    @pytest.mark.usefixtures("driver_may_leak_sockets")
    @pytest.mark.parametrize("driver", DRIVERS)
    async def test_fails_within_its_deadline_as_away(self, driver: str, clock: FakeClock) -> None:
        url = f"mongodb://127.0.0.1:{find_free_port()}/?replicaSet=taskfleet"
        store = Store.open(MongoSettings(url=SecretStr(url), database="away", driver=driver), clock)

        with pytest.raises(PyMongoError) as caught:
            async with asyncio.timeout(self.PATIENCE_SECONDS):
                await store.require_transactions()
        await store.close()

        assert is_database_away(caught.value)

    async def test_fails_in_time_when_the_server_is_slow(self, database: Database, failing: FailPoint) -> None:
        async with failing("find", blockConnection=True, blockTimeMS=2_500):
            with pytest.raises(PyMongoError) as caught:
                async with asyncio.timeout(self.PATIENCE_SECONDS):
                    await database.collection("lists").find_one({"user_id": USER})

        assert is_database_away(caught.value)

    async def test_is_told_apart_from_a_wrong_query(self, database: Database) -> None:
        with pytest.raises(PyMongoError) as caught:
            await database.collection("lists").find({"user_id": USER, "$nonsense": 1}).to_list(None)

        assert not is_database_away(caught.value)


class TestClosing:
    @pytest.mark.usefixtures("driver_may_leak_sockets")
    @pytest.mark.parametrize("driver", DRIVERS)
    async def test_does_not_wait_for_a_server_that_stands_still(
        self, driver: str, settings: Settings, store: Store, failing: FailPoint
    ) -> None:
        database = Database(settings.mongo.model_copy(update={"driver": driver}))
        await database.collection("lists").find_one({"user_id": USER})  # in a session, which is ended at the close

        async with failing("endSessions", blockConnection=True, blockTimeMS=5_000):
            began = time.monotonic()
            await database.close()
            seconds = time.monotonic() - began  # which the end of the fail point waits for as well

        assert seconds < 4  # one, on a machine that is busy


class TestTheDriverOfThisRun:
    async def test_is_the_one_that_was_asked_for(self, store: Store) -> None:
        module = type(store.database._client).__module__

        assert module.startswith({"motor": "motor.", "pymongo": "pymongo."}[environment.mongo_driver()])
