"""What users are told of their account: the welcome, sign-ins from new devices, tokens that were used twice."""

import asyncio
import base64
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.auth import devices
from app.auth.devices import DeviceRepository
from app.auth.sessions import GRACE
from app.data.outbox import derive_id
from app.data.store import Store
from tests.fakes.clock import FakeClock
from tests.integration.auth.conftest import LogIn, RawDatabase
from tests.servers import FailPoint

REFRESH, LOGOUT = "/api/v1/auth/refresh", "/api/v1/auth/logout"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
NEWER_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0.2) Gecko/20100101 Firefox/144.0.2"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"

WELCOME, NEW_DEVICE, REUSED = "welcome", "security.new-device", "security.refresh-token-reused"
# How mongod refuses the outbox, and nothing else; nobody tries again (50 is MaxTimeMSExpired).
REFUSED = {"errorCode": 50, "namespace": "taskfleet_test.outbox"}

Json = dict[str, Any]


async def told(database: RawDatabase, kind: str) -> list[Json]:
    """What the outbox holds of a kind."""
    return await database["outbox"].find({"kind": kind}).sort("at").to_list()


async def log_in_from(client: httpx.AsyncClient, log_in: LogIn, device: str, email: str = "ada@example.org") -> Json:
    """Sign in with a browser that calls itself so, and return the tokens."""
    client.headers["User-Agent"] = device
    answer = await log_in(email)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def start_at_once(client: httpx.AsyncClient, names: list[str]) -> None:
    """Sign the same user in from so many devices, all at once."""
    body = {"email": "ada@example.org"}
    requests = (client.post("/api/v1/auth/dev/login", json=body, headers={"User-Agent": name}) for name in names)
    assert {answer.status_code for answer in await asyncio.gather(*requests)} == {200}


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(REFRESH, json={"refresh_token": token})


class TestTheWelcome:
    async def test_is_written_with_the_new_user(
        self, log_in: LogIn, raw_database: RawDatabase, clock: FakeClock
    ) -> None:
        await log_in()
        [user] = await raw_database["users"].find({}).to_list()
        [entry] = await told(raw_database, WELCOME)
        assert (entry["user_id"], entry["at"], entry["state"]) == (user["_id"], clock.now(), "waiting")
        assert entry["_id"] == derive_id(user["_id"], WELCOME, "", "")

    async def test_comes_once(self, log_in: LogIn, raw_database: RawDatabase, clock: FakeClock) -> None:
        await log_in()
        await raw_database["outbox"].delete_many({})  # as when it is told
        clock.advance(days=1)
        await log_in()
        assert await told(raw_database, WELCOME) == []

    async def test_comes_once_of_fifty_first_sign_ins_at_once(self, log_in: LogIn, raw_database: RawDatabase) -> None:
        answers = await asyncio.gather(*(log_in() for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(await told(raw_database, WELCOME)) == 1

    async def test_is_not_without_the_user_nor_the_user_without_it(
        self, log_in: LogIn, raw_database: RawDatabase, failing: FailPoint
    ) -> None:
        async with failing("update", **REFUSED):
            assert (await log_in()).status_code == 503
        assert await raw_database["users"].count_documents({}) == 0
        assert await raw_database["identities"].count_documents({}) == 0
        assert (await log_in()).status_code == 200
        assert len(await told(raw_database, WELCOME)) == 1


class TestTheVeryFirstDevice:
    async def test_is_not_told(self, client: httpx.AsyncClient, log_in: LogIn, raw_database: RawDatabase) -> None:
        await log_in_from(client, log_in, FIREFOX)
        assert await told(raw_database, NEW_DEVICE) == []


class TestANewDevice:
    @pytest.fixture(autouse=True)
    async def _first(self, client: httpx.AsyncClient, log_in: LogIn) -> None:
        await log_in_from(client, log_in, FIREFOX)

    async def test_is_told_with_the_session_that_began(
        self, client: httpx.AsyncClient, log_in: LogIn, raw_database: RawDatabase, clock: FakeClock
    ) -> None:
        clock.advance(minutes=1)
        await log_in_from(client, log_in, CHROME)
        [entry] = await told(raw_database, NEW_DEVICE)
        session = await raw_database["sessions"].find_one({"user_agent": CHROME})
        assert session is not None
        assert entry["subject"] == str(session["_id"])
        assert (entry["user_id"], entry["at"]) == (session["user_id"], clock.now())
        assert entry["content"] == {"user_agent": CHROME}

    async def test_is_told_once(self, client: httpx.AsyncClient, log_in: LogIn, raw_database: RawDatabase) -> None:
        for device in (CHROME, FIREFOX, CHROME, IPHONE, CHROME):
            await log_in_from(client, log_in, device)
        told_of = [entry["content"]["user_agent"] for entry in await told(raw_database, NEW_DEVICE)]
        assert sorted(told_of) == sorted([CHROME, IPHONE])

    async def test_is_not_a_browser_that_was_brought_up_to_date(
        self, client: httpx.AsyncClient, log_in: LogIn, raw_database: RawDatabase
    ) -> None:
        await log_in_from(client, log_in, NEWER_FIREFOX)
        assert await told(raw_database, NEW_DEVICE) == []

    async def test_of_somebody_else_is_told_to_nobody(
        self, client: httpx.AsyncClient, log_in: LogIn, raw_database: RawDatabase
    ) -> None:
        await log_in_from(client, log_in, CHROME, "grace@example.org")
        assert await told(raw_database, NEW_DEVICE) == []

    async def test_is_told_once_when_it_signs_in_twenty_times_at_once(
        self, client: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        await start_at_once(client, [CHROME] * 20)
        assert len(await told(raw_database, NEW_DEVICE)) == 1
        assert await raw_database["sessions"].count_documents({}) == 21

    async def test_would_be_told_more_often_if_it_were_not_remembered_in_one_step(
        self, client: httpx.AsyncClient, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The negative control of the test above."""

        async def look_alone(repository: DeviceRepository, user_id: UUID, device: bytes, session: object) -> bool:
            return not await repository.is_known(user_id, device)

        monkeypatch.setattr(DeviceRepository, "remember", look_alone)
        await start_at_once(client, [CHROME] * 20)
        assert len(await told(raw_database, NEW_DEVICE)) > 1

    async def test_is_each_of_several_that_sign_in_at_once(
        self, client: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        names = [f"browser {letter}" for letter in "abcdefgh"]
        await start_at_once(client, names)
        told_of = [entry["content"]["user_agent"] for entry in await told(raw_database, NEW_DEVICE)]
        assert sorted(told_of) == names

    async def test_has_no_session_when_it_cannot_be_told(
        self, client: httpx.AsyncClient, log_in: LogIn, raw_database: RawDatabase, failing: FailPoint
    ) -> None:
        client.headers["User-Agent"] = CHROME
        async with failing("update", **REFUSED):
            assert (await log_in()).status_code == 503
        assert await raw_database["sessions"].count_documents({}) == 1
        assert await told(raw_database, NEW_DEVICE) == []
        await log_in_from(client, log_in, CHROME)  # it is as new as before
        assert len(await told(raw_database, NEW_DEVICE)) == 1

    async def test_is_new_again_after_so_many_others(
        self, client: httpx.AsyncClient, log_in: LogIn, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(devices, "_MAX_DEVICES", 2)
        for device in (CHROME, IPHONE, FIREFOX):
            await log_in_from(client, log_in, device)
        [user] = await raw_database["users"].find({}).to_list()
        assert len(user["known_devices"]) == 2
        assert len(await told(raw_database, NEW_DEVICE)) == 3

    async def test_counts_no_revision(self, client: httpx.AsyncClient, log_in: LogIn) -> None:
        access_token = (await log_in_from(client, log_in, CHROME))["access_token"]
        profile = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {access_token}"})
        assert profile.json()["revision"] == 0

    async def test_of_an_account_that_has_ended_is_not_told(self, app: FastAPI, raw_database: RawDatabase) -> None:
        store: Store = app.state.store
        [user] = await raw_database["users"].find({}).to_list()
        await raw_database["users"].update_one({}, {"$set": {"deleted_at": store.clock.now()}})
        repository = DeviceRepository(store.database)
        for device in (b"device 1", b"device 2"):
            assert not await store.transactions.run(
                lambda session, device=device: repository.remember(user["_id"], device, session)
            )
        assert not await store.transactions.run(lambda session: repository.remember(uuid4(), b"device 1", session))


class TestAKnownDevice:
    async def test_costs_one_look_and_no_transaction(
        self, client: httpx.AsyncClient, log_in: LogIn, inspection: Any
    ) -> None:
        await log_in_from(client, log_in, FIREFOX)
        inspection.forget()
        await log_in_from(client, log_in, NEWER_FIREFOX)
        assert [(operation.name, operation.collection) for operation in inspection.operations] == [
            ("find", "identities"),
            ("find", "users"),
            ("find", "users"),  # whether it is known
            ("insert", "sessions"),
            ("update", "users"),  # when the user was seen, which matches nothing within the hour
            ("find", "sessions"),  # whether there are too many
        ]


class TestARefreshTokenThatWasUsedBefore:
    @pytest.fixture
    async def reused(self, client: httpx.AsyncClient, log_in: LogIn, clock: FakeClock) -> str:
        """A token whose successor has been in use for long."""
        first = str((await log_in_from(client, log_in, FIREFOX))["refresh_token"])
        await refresh(client, first)
        clock.advance(GRACE.total_seconds() + 1)
        return first

    async def test_ends_the_session_and_is_told(
        self, client: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, reused: str
    ) -> None:
        [session] = await raw_database["sessions"].find({}).to_list()
        client.headers["User-Agent"] = "whoever copied it"
        assert (await refresh(client, reused)).status_code == 401
        assert await raw_database["sessions"].count_documents({}) == 0
        [entry] = await told(raw_database, REUSED)
        assert (entry["user_id"], entry["subject"]) == (session["user_id"], str(session["_id"]))
        assert (entry["at"], entry["content"]) == (clock.now(), {"user_agent": FIREFOX})

    async def test_on_the_way_out_is_told_as_well(
        self, client: httpx.AsyncClient, raw_database: RawDatabase, reused: str
    ) -> None:
        assert (await client.post(LOGOUT, json={"refresh_token": reused})).status_code == 401
        assert len(await told(raw_database, REUSED)) == 1

    async def test_is_told_once_when_it_comes_twenty_times_at_once(
        self, client: httpx.AsyncClient, raw_database: RawDatabase, reused: str
    ) -> None:
        answers = await asyncio.gather(*(refresh(client, reused) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {401}
        assert len(await told(raw_database, REUSED)) == 1

    async def test_is_not_told_again_when_it_comes_again(
        self, client: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, reused: str
    ) -> None:
        await refresh(client, reused)
        await raw_database["outbox"].delete_many({})  # as when it is told
        clock.advance(minutes=1)
        assert (await refresh(client, reused)).status_code == 401
        assert await told(raw_database, REUSED) == []

    async def test_ends_nothing_when_it_cannot_be_told_and_both_the_next_time(
        self, client: httpx.AsyncClient, raw_database: RawDatabase, failing: FailPoint, reused: str
    ) -> None:
        async with failing("update", **REFUSED):
            assert (await refresh(client, reused)).status_code == 503
        assert await raw_database["sessions"].count_documents({}) == 1
        assert await told(raw_database, REUSED) == []
        assert (await refresh(client, reused)).status_code == 401
        assert await raw_database["sessions"].count_documents({}) == 0
        assert len(await told(raw_database, REUSED)) == 1

    async def test_that_is_a_retry_or_a_guess_is_told_to_nobody(
        self, client: httpx.AsyncClient, log_in: LogIn, raw_database: RawDatabase
    ) -> None:
        first = str((await log_in_from(client, log_in, FIREFOX))["refresh_token"])
        await refresh(client, first)
        guess = bytearray(base64.urlsafe_b64decode(first + "="))
        guess[40] ^= 1  # within what proves that the token was ever given out
        answers = [await refresh(client, base64.urlsafe_b64encode(guess).decode().rstrip("="))]
        answers.append(await refresh(client, first))
        assert [answer.status_code for answer in answers] == [401, 200]
        assert await told(raw_database, REUSED) == []
        assert await raw_database["sessions"].count_documents({}) == 1
