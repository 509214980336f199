"""MongoDB freezes, dies and comes back: 503 in time, nothing acknowledged is lost, and no restart is needed."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest
from pydantic import SecretStr

from app.core.settings import MongoSettings
from app.data.database import Session
from app.data.failures import DatabaseError
from app.data.left_transactions import LeftTransactions
from app.data.store import Store
from app.embedded.mongo import EmbeddedMongo
from tests import environment
from tests.fakes.clock import FakeClock
from tests.faults.conftest import ANSWER_SECONDS, Victim, eventually, seconds_of
from tests.integration.api.problem_shape import assert_problem

# The statuses of success other than 200.
SUCCESSES = {"create": 201, "create once": 201}

# An abort that the server has heard takes milliseconds, a transaction that it gives up by itself ten seconds.
RECOVERY_WITHOUT_LOCKS_SECONDS = 5.0

Requests = dict[str, Callable[[], Awaitable[httpx.Response]]]


@pytest.fixture
async def requests(service: httpx.AsyncClient) -> Requests:
    """One request of each kind, all of which need MongoDB."""
    signed_in = await service.post("/api/v1/auth/dev/login", json={"email": "carol@example.com"})
    refresh_token = signed_in.json()["refresh_token"]
    return {
        "list": lambda: service.get("/api/v1/tasks"),
        "create": lambda: service.post("/api/v1/tasks", json={"title": "Buy milk"}),
        "create once": lambda: service.post(
            "/api/v1/tasks", json={"title": "Buy bread"}, headers={"Idempotency-Key": "bread"}
        ),
        "profile": lambda: service.patch("/api/v1/me", json={"name": "Anna"}),
        "sync": lambda: service.get("/api/v1/sync"),
        "sign in": lambda: service.post("/api/v1/auth/dev/login", json={"email": "bob@example.com"}),
        "refresh": lambda: service.post("/api/v1/auth/refresh", json={"refresh_token": refresh_token}),
        "ready": lambda: service.get("/readyz"),
    }


async def ask_all(requests: Requests) -> dict[str, tuple[httpx.Response, float]]:
    answers = await asyncio.gather(*(seconds_of(ask()) for ask in requests.values()))
    return dict(zip(requests, answers, strict=True))


class TestAHealthyDatabase:
    """The control: without a fault none of the requests below gets 503."""

    async def test_answers_everything(self, requests: Requests) -> None:
        statuses = {name: answer.status_code for name, (answer, _) in (await ask_all(requests)).items()}

        assert statuses == {name: SUCCESSES.get(name, 200) for name in requests}


class TestAFrozenDatabase:
    async def test_is_told_of_in_time_and_forgotten_when_it_goes_on(
        self, requests: Requests, service: httpx.AsyncClient, mongo_victim: Victim
    ) -> None:
        mongo_victim.freeze()
        answering = asyncio.create_task(ask_all(requests))
        alive, seconds = await seconds_of(service.get("/livez"))
        answers = await answering
        mongo_victim.thaw()

        assert (alive.status_code, seconds < 1) == (200, True)
        for name, (answer, seconds) in answers.items():
            assert_problem(answer, 503)
            assert seconds < ANSWER_SECONDS, name
        for name, ask in requests.items():
            await eventually(ask, SUCCESSES.get(name, 200))

    async def test_answers_all_of_many_writers_in_time_and_keeps_what_it_acknowledged(
        self, service: httpx.AsyncClient, mongo_victim: Victim
    ) -> None:
        def write(number: int) -> Awaitable[httpx.Response]:
            headers = {"Idempotency-Key": f"task {number}"}
            return service.post("/api/v1/tasks", json={"title": f"task {number}"}, headers=headers)

        first = asyncio.create_task(asyncio.wait_for(write(0), ANSWER_SECONDS))
        writing = [asyncio.create_task(seconds_of(write(number))) for number in range(1, 30)]
        await first
        mongo_victim.freeze()
        # Those under way may all have been quick; these come too late.
        writing += [asyncio.create_task(seconds_of(write(number))) for number in range(30, 35)]
        answers = await asyncio.gather(*writing)
        mongo_victim.thaw()

        assert {answer.status_code for answer, _ in answers} <= {201, 503}
        assert 503 in {answer.status_code for answer, _ in answers}
        assert max(seconds for _, seconds in answers) < ANSWER_SECONDS
        await eventually(lambda: service.post("/api/v1/lists", json={"name": "Groceries"}), 201)
        titles = [task["title"] for task in (await service.get("/api/v1/tasks?limit=200")).json()["items"]]
        acknowledged = {answer.json()["title"] for answer, _ in answers if answer.status_code == 201}
        assert acknowledged <= set(titles)
        assert len(titles) == len(set(titles))


@pytest.mark.usefixtures("driver_may_leak_sockets")
class TestTransactionsUnderWayWhenTheDatabaseFreezes:
    """What the server was sent while it was frozen begins only when it goes on."""

    # More than connections are open: no abort finds one left that the server would read when it goes on.
    COUNT = 8

    async def test_keep_nothing_locked_when_it_goes_on(self, mongo_victim: Victim) -> None:
        frozen, thawed, seconds, revisions = await self.count_up_thrice(mongo_victim)

        assert all(isinstance(error, DatabaseError) for error in frozen)
        assert thawed == [None] * self.COUNT
        assert seconds < RECOVERY_WITHOUT_LOCKS_SECONDS
        assert revisions == [2] * self.COUNT

    async def test_would_keep_things_locked_if_the_server_were_told_nothing(
        self, mongo_victim: Victim, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(LeftTransactions, "add", lambda *_: None)

        _, thawed, _, _ = await self.count_up_thrice(mongo_victim)

        assert any(isinstance(error, DatabaseError) for error in thawed)

    async def count_up_thrice(
        self, mongo_victim: Victim
    ) -> tuple[list[BaseException | None], list[BaseException | None], float, list[int]]:
        """Count all up before, while and after the database is frozen.

        Returns what came of the second and of the third time, how long that took, and what was counted.
        """
        store = open_store(mongo_victim)

        def count_all_up() -> Awaitable[list[BaseException | None]]:
            counting = [store.transactions.run(count_up(store, number)) for number in range(self.COUNT)]
            return asyncio.gather(*counting, return_exceptions=True)

        users = store.database.collection("users")
        await users.insert_many([{"_id": number, "revision": 0} for number in range(self.COUNT)])
        await count_all_up()
        mongo_victim.freeze()
        frozen = await count_all_up()
        mongo_victim.thaw()
        began = time.monotonic()
        thawed = await count_all_up()
        seconds = time.monotonic() - began
        revisions = [user["revision"] for user in await users.find({}).to_list()]
        await store.close()
        return frozen, thawed, seconds, revisions


def open_store(mongo_victim: Victim) -> Store:
    mongo = mongo_victim.server
    assert isinstance(mongo, EmbeddedMongo)
    url = SecretStr(mongo.url)
    return Store.open(MongoSettings(url=url, database="faults", driver=environment.mongo_driver()), FakeClock())


def count_up(store: Store, number: int) -> Callable[[Session], Awaitable[None]]:
    async def body(session: Session) -> None:
        users = store.database.collection("users")
        await users.update_one({"_id": number}, {"$inc": {"revision": 1}}, session=session)

    return body


class TestADatabaseThatDies:
    async def test_is_told_of_in_time_and_comes_back_with_all_that_it_acknowledged(
        self, requests: Requests, service: httpx.AsyncClient, mongo_victim: Victim
    ) -> None:
        kept = [(await requests["create"]()).json() for _ in range(5)]
        await mongo_victim.kill()

        for name, (answer, seconds) in (await ask_all(requests)).items():
            assert_problem(answer, 503)
            assert seconds < ANSWER_SECONDS, name
        assert (await service.get("/livez")).status_code == 200

        await mongo_victim.start()
        await eventually(requests["ready"], 200)
        listed = await eventually(requests["list"], 200)
        assert listed.json()["items"] == kept
        for name, ask in requests.items():
            await eventually(ask, SUCCESSES.get(name, 200))
