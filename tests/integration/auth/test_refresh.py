"""Refresh tokens: rotation, the grace for a lost answer, and what ends a family."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.auth.refresh_tokens import RefreshToken
from tests.fakes.clock import FakeClock
from tests.integration.auth.conftest import LogIn, RawDatabase, RunApp, client_of

REFRESH = "/api/v1/auth/refresh"


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(REFRESH, json={"refresh_token": token})


async def is_accepted(client: httpx.AsyncClient, access_token: str) -> bool:
    answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {access_token}"})
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


def bend(token: str, change: Callable[[bytearray], None]) -> str:
    raw = bytearray(base64.urlsafe_b64decode(token + "="))
    change(raw)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
async def tokens(log_in: LogIn) -> dict[str, Any]:
    """The tokens of a new session."""
    return dict((await log_in()).json())


@pytest.fixture
def first(tokens: dict[str, Any]) -> str:
    """The first refresh token of a new session."""
    return str(tokens["refresh_token"])


class TestRefreshing:
    async def test_gives_a_new_access_token_and_the_next_refresh_token(
        self, client: httpx.AsyncClient, tokens: dict[str, Any], first: str
    ) -> None:
        answer = await refresh(client, first)
        assert answer.status_code == 200
        body = answer.json()
        assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
        assert body["refresh_token"] != first
        assert body["access_token"] != tokens["access_token"]
        assert await is_accepted(client, body["access_token"])
        assert (answer.headers["Cache-Control"], "Set-Cookie" in answer.headers) == ("no-store", False)

    async def test_goes_on_from_token_to_token(self, client: httpx.AsyncClient, clock: FakeClock, first: str) -> None:
        token, seen = first, {first}
        for _ in range(5):
            clock.advance(minutes=10)
            token = (await refresh(client, token)).json()["refresh_token"]
            seen.add(token)
        assert len(seen) == 6

    async def test_stores_no_token(self, client: httpx.AsyncClient, raw_database: RawDatabase, first: str) -> None:
        second = (await refresh(client, first)).json()["refresh_token"]
        stored = repr(await raw_database["sessions"].find_one({}))
        for token in (first, second):
            raw = base64.urlsafe_b64decode(token + "=")
            assert repr(raw[32:48])[2:-1] not in stored
            assert repr(raw[48:])[2:-1] not in stored

    async def test_remembers_the_last_use_and_the_user_agent(
        self, client: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, first: str
    ) -> None:
        clock.advance(days=1)
        body = {"refresh_token": first}
        await client.post(REFRESH, json=body, headers={"User-Agent": "$" + "x" * 300})
        session = await raw_database["sessions"].find_one({})
        assert session is not None
        assert session["last_used_at"] == clock.now()
        assert session["user_agent"] == "$" + "x" * 199


class TestARetry:
    async def test_within_ten_seconds_gets_the_same_successor(
        self, client: httpx.AsyncClient, clock: FakeClock, first: str
    ) -> None:
        second = (await refresh(client, first)).json()["refresh_token"]
        clock.advance(10)
        answer = await refresh(client, first)
        assert answer.status_code == 200
        assert answer.json()["refresh_token"] == second
        assert (await refresh(client, second)).status_code == 200

    async def test_does_not_prolong_the_ten_seconds(
        self, client: httpx.AsyncClient, clock: FakeClock, first: str
    ) -> None:
        await refresh(client, first)
        clock.advance(8)
        assert (await refresh(client, first)).status_code == 200
        clock.advance(2.001)
        assert (await refresh(client, first)).status_code == 401

    async def test_is_no_retry_once_the_successor_was_used(self, client: httpx.AsyncClient, first: str) -> None:
        second = (await refresh(client, first)).json()["refresh_token"]
        await refresh(client, second)
        assert (await refresh(client, first)).status_code == 401


class TestFiftyRefreshesAtOnce:
    async def test_all_get_the_same_successor(
        self, client: httpx.AsyncClient, raw_database: RawDatabase, first: str
    ) -> None:
        answers = await asyncio.gather(*(refresh(client, first) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {200}
        successors = {answer.json()["refresh_token"] for answer in answers}
        assert len(successors) == 1
        assert (await refresh(client, successors.pop())).status_code == 200
        assert await raw_database["sessions"].count_documents({}) == 1

    async def test_do_so_on_different_replicas(self, client: httpx.AsyncClient, run_app: RunApp, first: str) -> None:
        async with run_app() as replica, client_of(replica) as other:
            clients = [client, other] * 25
            answers = await asyncio.gather(*(refresh(one, first) for one in clients))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1

    async def test_would_not_if_successors_were_drawn_by_lot(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, first: str
    ) -> None:
        """The negative control of the two tests above."""

        def draw(token: RefreshToken, salt: bytes) -> RefreshToken:
            return replace(token, secret=secrets.token_bytes(32))

        monkeypatch.setattr(RefreshToken, "successor", draw)
        answers = await asyncio.gather(*(refresh(client, first) for _ in range(50)))
        assert len({answer.json()["refresh_token"] for answer in answers}) == 50


class TestReuse:
    async def test_ends_the_session_with_all_its_tokens(
        self, client: httpx.AsyncClient, clock: FakeClock, tokens: dict[str, Any], first: str
    ) -> None:
        second = (await refresh(client, first)).json()
        assert await is_accepted(client, second["access_token"])  # the control: it was alive until now
        clock.advance(11)
        answer = await refresh(client, first)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert not await is_accepted(client, second["access_token"])
        assert not await is_accepted(client, tokens["access_token"])
        assert (await refresh(client, second["refresh_token"])).status_code == 401

    async def test_leaves_other_sessions_of_the_user_alone(
        self, client: httpx.AsyncClient, log_in: LogIn, clock: FakeClock, first: str
    ) -> None:
        other = (await log_in()).json()
        await refresh(client, first)
        clock.advance(11)
        await refresh(client, first)
        assert await is_accepted(client, other["access_token"])
        assert (await refresh(client, other["refresh_token"])).status_code == 200

    async def test_is_seen_for_as_long_as_the_session_lives(
        self, client: httpx.AsyncClient, clock: FakeClock, first: str
    ) -> None:
        token = first
        for _ in range(3):
            clock.advance(days=20)
            token = (await refresh(client, token)).json()["refresh_token"]
        assert (await refresh(client, first)).status_code == 401
        assert (await refresh(client, token)).status_code == 401

    async def test_is_seen_on_the_way_out_as_well(
        self, client: httpx.AsyncClient, clock: FakeClock, first: str
    ) -> None:
        second = (await refresh(client, first)).json()
        clock.advance(11)
        assert (await client.post("/api/v1/auth/logout", json={"refresh_token": first})).status_code == 401
        assert not await is_accepted(client, second["access_token"])


def _flip_user(raw: bytearray) -> None:
    raw[15] ^= 1


def _flip_session(raw: bytearray) -> None:
    raw[31] ^= 1


def _flip_proof(raw: bytearray) -> None:
    raw[40] ^= 1


def _flip_proof_and_secret(raw: bytearray) -> None:
    raw[40] ^= 1
    raw[79] ^= 1


class TestAGuess:
    @pytest.mark.parametrize("change", [_flip_user, _flip_session, _flip_proof, _flip_proof_and_secret])
    async def test_is_refused_and_ends_nothing(
        self,
        client: httpx.AsyncClient,
        tokens: dict[str, Any],
        first: str,
        change: Callable[[bytearray], None],
    ) -> None:
        answer = await refresh(client, bend(first, change))
        assert answer.status_code == 401
        assert await is_accepted(client, tokens["access_token"])
        assert (await refresh(client, first)).status_code == 200

    async def test_with_the_proof_of_the_family_ends_it(self, client: httpx.AsyncClient, first: str) -> None:
        def flip_secret(raw: bytearray) -> None:
            raw[79] ^= 1

        assert (await refresh(client, bend(first, flip_secret))).status_code == 401
        assert (await refresh(client, first)).status_code == 401

    @pytest.mark.parametrize("garbage", ["", "x", "é" * 107, "A" * 106, "A" * 107, "A" * 108, "=" * 107, "." * 4_096])
    async def test_that_is_garbage_gets_the_same_answer(self, client: httpx.AsyncClient, garbage: str) -> None:
        answer = await refresh(client, garbage)
        assert answer.status_code == 401
        assert answer.json()["type"] == "/problems/unauthenticated"

    async def test_in_another_spelling_is_none(self, client: httpx.AsyncClient, first: str) -> None:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        other_spelling = first[:-1] + alphabet[alphabet.index(first[-1]) ^ 1]
        assert (await refresh(client, other_spelling)).status_code == 401
        assert (await refresh(client, first + "=")).status_code == 401
        assert (await refresh(client, first)).status_code == 200


class TestExpiry:
    async def test_comes_30_days_after_the_last_use(
        self, client: httpx.AsyncClient, clock: FakeClock, first: str
    ) -> None:
        clock.advance(days=29, hours=23)
        second = (await refresh(client, first)).json()["refresh_token"]
        clock.advance(days=29, hours=23)
        third = (await refresh(client, second)).json()["refresh_token"]
        clock.advance(days=30)
        assert (await refresh(client, third)).status_code == 401

    async def test_comes_90_days_after_the_sign_in_whatever_the_use(
        self, client: httpx.AsyncClient, clock: FakeClock, first: str
    ) -> None:
        token = first
        for _ in range(8):
            clock.advance(days=11)
            token = (await refresh(client, token)).json()["refresh_token"]
        clock.advance(days=1, hours=23)
        token = (await refresh(client, token)).json()["refresh_token"]
        clock.advance(hours=1)
        assert (await refresh(client, token)).status_code == 401

    async def test_of_the_access_token_comes_after_ten_minutes(
        self, client: httpx.AsyncClient, clock: FakeClock, tokens: dict[str, Any]
    ) -> None:
        clock.advance(599)
        assert await is_accepted(client, tokens["access_token"])
        clock.advance(1)
        assert not await is_accepted(client, tokens["access_token"])


class TestTheAccount:
    @pytest.mark.parametrize("change", [{"is_disabled": True}, {"deleted_at": "now"}])
    async def test_that_is_disabled_or_gone_gets_no_tokens(
        self,
        client: httpx.AsyncClient,
        raw_database: RawDatabase,
        tokens: dict[str, Any],
        first: str,
        change: dict[str, Any],
    ) -> None:
        await raw_database["users"].update_many({}, {"$set": change})
        assert (await refresh(client, first)).status_code == 401
        assert not await is_accepted(client, tokens["access_token"])

    async def test_whose_role_changed_gets_tokens_with_the_new_one(
        self, client: httpx.AsyncClient, raw_database: RawDatabase, tokens: dict[str, Any], first: str
    ) -> None:
        await raw_database["users"].update_many({}, {"$set": {"role": "admin"}})
        assert not await is_accepted(client, tokens["access_token"])
        assert await is_accepted(client, (await refresh(client, first)).json()["access_token"])
