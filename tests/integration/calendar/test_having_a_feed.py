"""Having a calendar feed: making it, looking whether there is one, and revoking it."""

from typing import Any

import httpx
from pymongo.asynchronous.database import AsyncDatabase

from tests.fakes.clock import FakeClock
from tests.integration.calendar.conftest import FEED, make_feed
from tests.integration.tasks.calls import expect, expect_problem
from tests.waiting import until

RawDatabase = AsyncDatabase[dict[str, Any]]


class TestMakingAFeed:
    async def test_answers_with_its_address_below_the_public_one(self, ann: httpx.AsyncClient) -> None:
        answer = await ann.post(FEED)

        url = expect(answer, 201)["url"]
        assert answer.json().keys() == {"url"}
        assert url.startswith("http://127.0.0.1:8000/calendar/")
        assert url.endswith(".ics")
        assert answer.headers["Cache-Control"] == "no-store"

    async def test_ends_the_one_before_at_once(self, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        first = await make_feed(ann)
        second = await make_feed(ann)

        assert first != second
        expect_problem(await client.get(first), 404, "not-found")
        assert (await client.get(second)).status_code == 200

    async def test_keeps_the_secret_nowhere(self, ann: httpx.AsyncClient, raw_database: RawDatabase) -> None:
        path = await make_feed(ann)

        (feed,) = await raw_database["calendar_feeds"].find({}).to_list(None)
        assert feed.keys() == {"_id", "user_id", "key_hash", "created_at", "updated_at", "revision"}
        assert feed["_id"] == feed["user_id"]
        assert len(feed["key_hash"]) == 32
        secret = path.removeprefix("/calendar/").removesuffix(".ics")
        for name in await raw_database.list_collection_names():
            for document in await raw_database[name].find({}).to_list(None):
                assert secret not in repr(document), name

    async def test_takes_no_idempotency_key(self, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        """A replay would have to hold the secret, and taking no notice of the key would end the address just made."""
        path, key = await make_feed(ann), {"Idempotency-Key": "once"}
        problem = expect_problem(await ann.post(FEED, headers=key), 422, "validation-failed")

        assert problem["errors"][0]["pointer"] == "/Idempotency-Key"
        assert (await client.get(path)).status_code == 200
        expect_problem(await client.post(FEED, headers=key), 401, "unauthenticated")

    async def test_needs_a_session(self, client: httpx.AsyncClient) -> None:
        for method in ("POST", "GET", "DELETE"):
            expect_problem(await client.request(method, FEED), 401, "unauthenticated")


class TestLookingForAFeed:
    async def test_tells_since_when_there_is_one_and_no_secret(self, ann: httpx.AsyncClient) -> None:
        await make_feed(ann)

        answer = await ann.get(FEED)

        assert expect(answer) == {"created_at": "2026-11-23T12:00:00.000Z"}

    async def test_is_404_without_one(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        await make_feed(bob)

        expect_problem(await ann.get(FEED), 404, "not-found")

    async def test_shows_the_new_one_after_another_was_made(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        await make_feed(ann)
        first = await ann.get(FEED)
        clock.advance(minutes=1)
        await make_feed(ann)

        second = await ann.get(FEED, headers={"If-None-Match": first.headers["ETag"]})

        assert expect(second) == {"created_at": "2026-11-23T12:01:00.000Z"}
        unchanged = await ann.get(FEED, headers={"If-None-Match": second.headers["ETag"]})
        assert unchanged.status_code == 304

    async def test_has_another_etag_for_everybody(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        for user in (ann, bob):
            await make_feed(user)

        assert (await ann.get(FEED)).headers["ETag"] != (await bob.get(FEED)).headers["ETag"]


class TestRevokingAFeed:
    async def test_ends_it_at_once(self, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        path = await make_feed(ann)
        assert (await client.get(path)).status_code == 200

        answer = await ann.delete(FEED)

        assert (answer.status_code, answer.content) == (204, b"")
        expect_problem(await client.get(path), 404, "not-found")
        expect_problem(await ann.get(FEED), 404, "not-found")

    async def test_is_404_without_one(self, ann: httpx.AsyncClient) -> None:
        expect_problem(await ann.delete(FEED), 404, "not-found")

    async def test_leaves_those_of_others(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        await make_feed(ann)
        his = await make_feed(bob)
        await ann.delete(FEED)

        assert (await client.get(his)).status_code == 200

    async def test_returns_412_when_another_one_was_made_meanwhile(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        await make_feed(ann)
        seen = (await ann.get(FEED)).headers["ETag"]
        path = await make_feed(ann)

        answer = await ann.delete(FEED, headers={"If-Match": seen})

        problem = expect_problem(answer, 412, "precondition-failed")
        assert problem["current"] == expect(await ann.get(FEED))
        assert (await client.get(path)).status_code == 200
        current = {"If-Match": answer.headers["ETag"]}
        assert (await ann.delete(FEED, headers=current)).status_code == 204


class TestErasingTheAccount:
    async def test_erases_the_feed(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        path = await make_feed(ann)
        await ann.delete("/api/v1/me")

        expect_problem(await client.get(path), 404, "not-found")  # before anything is erased, and afterwards

        async def is_erased() -> bool:
            return await raw_database["users"].count_documents({}) == 0

        await until(is_erased)
        assert await raw_database["calendar_feeds"].count_documents({}) == 0
        expect_problem(await client.get(path), 404, "not-found")


class TestADisabledAccount:
    async def test_has_no_feed_until_it_is_enabled_again(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        path = await make_feed(ann)
        users = raw_database["users"]

        await users.update_one({}, {"$set": {"is_disabled": True}})
        expect_problem(await client.get(path), 404, "not-found")

        await users.update_one({}, {"$unset": {"is_disabled": ""}})
        assert (await client.get(path)).status_code == 200
