"""What users choose over HTTP: channels, quiet hours, the time of the digest."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import API, Json, expect, expect_invalid, expect_problem, read, revision_of

SETTINGS = f"{API}/me/notification-settings"

DEFAULTS: Json = {
    "channels": {
        "reminder": {"in_app": True, "email": False, "push": True},
        "digest": {"in_app": False, "email": True, "push": False},
        "security": {"in_app": True, "email": True, "push": False},
    },
    "quiet_hours": None,
    "daily_digest": None,
    "revision": 0,
}
NIGHT = {"start": "22:00", "end": "07:00"}


async def choose(client: httpx.AsyncClient, **patch: Any) -> Json:
    """Apply a merge patch and return what holds."""
    return expect(await client.patch(SETTINGS, json=patch))


async def chosen(client: httpx.AsyncClient) -> Json:
    return await read(client, "/me/notification-settings")


class TestWhoNeverChose:
    async def test_is_told_by_the_usual_channels_at_any_hour(self, ann: httpx.AsyncClient, raw_database: Any) -> None:
        assert await chosen(ann) == DEFAULTS
        assert await raw_database["notification_settings"].count_documents({}) == 0

    async def test_who_chooses_what_holds_anyway_has_chosen_nothing(
        self, ann: httpx.AsyncClient, raw_database: Any
    ) -> None:
        assert await choose(ann) == DEFAULTS
        assert await choose(ann, channels=DEFAULTS["channels"], quiet_hours=None) == DEFAULTS
        assert await revision_of(ann) == 0
        assert await raw_database["notification_settings"].count_documents({}) == 0

    async def test_and_is_not_signed_in_is_refused(self, client: httpx.AsyncClient) -> None:
        assert (await client.get(SETTINGS)).status_code == 401
        assert (await client.patch(SETTINGS, json={})).status_code == 401


class TestChoosing:
    async def test_changes_what_is_named_and_nothing_else(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        answer = await choose(ann, channels={"reminder": {"email": True}}, quiet_hours=NIGHT)
        reminder = {"in_app": True, "email": True, "push": True}
        expected = {
            **DEFAULTS,
            "channels": {**DEFAULTS["channels"], "reminder": reminder},
            "quiet_hours": NIGHT,
            "revision": 1,
        }
        assert answer == expected == await chosen(ann)
        assert await revision_of(ann) == 1
        assert await choose(ann, daily_digest={"time": "07:30"}) == {
            **expected,
            "daily_digest": {"time": "07:30"},
            "revision": 2,
        }
        assert await chosen(bob) == DEFAULTS

    async def test_null_takes_a_switch_a_kind_or_all_of_them_back(self, ann: httpx.AsyncClient) -> None:
        off = dict.fromkeys(("in_app", "email", "push"), False)
        await choose(ann, channels={"reminder": off, "digest": off, "security": {"in_app": False}})
        assert (await choose(ann, channels={"reminder": {"push": None}}))["channels"] == {
            "reminder": {"in_app": False, "email": False, "push": True},
            "digest": off,
            "security": {"in_app": False, "email": True, "push": False},
        }
        assert (await choose(ann, channels={"digest": None}))["channels"]["digest"] == DEFAULTS["channels"]["digest"]
        assert (await choose(ann, channels=None))["channels"] == DEFAULTS["channels"]

    async def test_null_takes_quiet_hours_and_digest_away(self, ann: httpx.AsyncClient) -> None:
        await choose(ann, quiet_hours=NIGHT, daily_digest={"time": "00:00"})
        assert (await choose(ann, quiet_hours=None)) == {
            **DEFAULTS,
            "daily_digest": {"time": "00:00"},
            "revision": 2,
        }
        assert (await choose(ann, daily_digest=None)) == {**DEFAULTS, "revision": 3}

    async def test_moves_one_end_of_the_quiet_hours(self, ann: httpx.AsyncClient) -> None:
        await choose(ann, quiet_hours=NIGHT)
        assert (await choose(ann, quiet_hours={"end": "08:30"}))["quiet_hours"] == {"start": "22:00", "end": "08:30"}

    async def test_of_two_at_once_leaves_both(self, ann: httpx.AsyncClient) -> None:
        await asyncio.gather(
            choose(ann, quiet_hours=NIGHT),
            choose(ann, channels={"reminder": {"email": True}}),
            choose(ann, channels={"digest": {"push": True}}),
        )
        settings = await chosen(ann)
        assert settings["quiet_hours"] == NIGHT
        assert settings["channels"]["reminder"]["email"]
        assert settings["channels"]["digest"]["push"]
        assert settings["revision"] == 3

    @pytest.mark.parametrize(
        ("patch", "pointer"),
        [
            ({"channels": {"security": {"email": False}}}, "/channels/security"),
            ({"channels": {"welcome": {"email": False}}}, "/channels/welcome"),
            ({"channels": {"reminder": {"sms": True}}}, "/channels/reminder/sms"),
            ({"channels": {"reminder": {"email": "yes"}}}, "/channels/reminder/email"),
            ({"channels": {"reminder": {"email": 1}}}, "/channels/reminder/email"),
            ({"channels": []}, "/channels"),
            ({"quiet_hours": {"start": "22:00"}}, "/quiet_hours/end"),
            ({"quiet_hours": {"start": "22:00", "end": "22:00"}}, "/quiet_hours"),
            ({"quiet_hours": {"start": "22:00", "end": "24:00"}}, "/quiet_hours/end"),
            ({"quiet_hours": {"start": "22:00", "end": "7:00"}}, "/quiet_hours/end"),
            ({"quiet_hours": {"start": "22:00", "end": "07:00:00"}}, "/quiet_hours/end"),
            ({"quiet_hours": {**NIGHT, "zone": "UTC"}}, "/quiet_hours/zone"),
            ({"daily_digest": {}}, "/daily_digest/time"),
            ({"daily_digest": {"time": None}}, "/daily_digest/time"),
            ({"daily_digest": {"time": "\u0660\u0667:30"}}, "/daily_digest/time"),
            ({"daily_digest": "07:30"}, "/daily_digest"),
            ({"revision": 7}, "/revision"),
            ({"unsubscribe_key": "x"}, "/unsubscribe_key"),
        ],
        ids=str,
    )
    async def test_refuses_what_cannot_be(self, ann: httpx.AsyncClient, patch: Json, pointer: str) -> None:
        expect_invalid(await ann.patch(SETTINGS, json=patch), pointer)
        assert await chosen(ann) == DEFAULTS

    async def test_refuses_half_of_the_quiet_hours_when_the_other_is_taken_away(self, ann: httpx.AsyncClient) -> None:
        await choose(ann, quiet_hours=NIGHT)
        expect_invalid(await ann.patch(SETTINGS, json={"quiet_hours": {"end": None}}), "/quiet_hours/end")
        expect_invalid(await ann.patch(SETTINGS, json={"quiet_hours": {"end": "22:00"}}), "/quiet_hours")
        assert (await chosen(ann))["quiet_hours"] == NIGHT


class TestPreconditions:
    async def test_a_read_is_answered_with_304_until_it_was_chosen_otherwise(self, ann: httpx.AsyncClient) -> None:
        etag = (await ann.get(SETTINGS)).headers["ETag"]
        assert (await ann.get(SETTINGS, headers={"If-None-Match": etag})).status_code == 304
        answer = await ann.patch(SETTINGS, json={"quiet_hours": NIGHT})
        again = await ann.get(SETTINGS, headers={"If-None-Match": etag})
        assert (again.status_code, again.headers["ETag"]) == (200, answer.headers["ETag"])

    async def test_a_change_of_what_was_changed_meanwhile_is_refused(self, ann: httpx.AsyncClient) -> None:
        stale = {"If-Match": (await ann.get(SETTINGS)).headers["ETag"]}
        answer = await ann.patch(SETTINGS, json={"quiet_hours": NIGHT}, headers=stale)
        assert answer.status_code == 200
        problem = expect_problem(
            await ann.patch(SETTINGS, json={"quiet_hours": None}, headers=stale), 412, "precondition-failed"
        )
        assert problem["current"] == answer.json() == await chosen(ann)
        fresh = {"If-Match": answer.headers["ETag"]}
        assert (await ann.patch(SETTINGS, json={"quiet_hours": None}, headers=fresh)).status_code == 200

    async def test_changes_of_something_else_are_none_of_it(self, ann: httpx.AsyncClient) -> None:
        etag = (await ann.get(SETTINGS)).headers["ETag"]
        expect(await ann.post(f"{API}/tasks", json={"title": "x"}), 201)
        answer = await ann.patch(SETTINGS, json={"quiet_hours": NIGHT}, headers={"If-Match": etag})
        assert answer.status_code == 200


class TestAKindThatIsYoungerThanTheChoice:
    async def test_is_told_as_it_is_to_those_who_never_chose(self, ann: httpx.AsyncClient, raw_database: Any) -> None:
        await choose(ann, channels={"reminder": {"email": True}, "digest": {"email": False}})
        await raw_database["notification_settings"].update_one({}, {"$unset": {"channels.digest": ""}})
        channels = (await chosen(ann))["channels"]
        assert channels["digest"] == DEFAULTS["channels"]["digest"]
        assert channels["reminder"]["email"]

    async def test_or_that_is_no_more_does_no_harm(self, ann: httpx.AsyncClient, raw_database: Any) -> None:
        before = await choose(ann, channels={"reminder": {"email": True}})
        unknown = {"channels.pigeons": ["in_app"], "channels.reminder": ["email", "fax", "in_app", "push"]}
        await raw_database["notification_settings"].update_one({}, {"$set": unknown})
        assert await chosen(ann) == before
        assert (await choose(ann, quiet_hours=NIGHT))["channels"] == before["channels"]


class TestTheKeyOfUnsubscribing:
    async def test_outlives_other_choices_and_is_told_nobody(self, ann: httpx.AsyncClient, raw_database: Any) -> None:
        await choose(ann, quiet_hours=NIGHT)
        await raw_database["notification_settings"].update_one({}, {"$set": {"unsubscribe_key": b"secret"}})
        assert "secret" not in (await ann.get(SETTINGS)).text
        await choose(ann, quiet_hours=None)
        [document] = await raw_database["notification_settings"].find({}).to_list()
        assert document["unsubscribe_key"] == b"secret"


class TestTheDigest:
    """12:00 UTC on 23 November 2026 is when all this happens."""

    @staticmethod
    async def planned(database: Any) -> str | None:
        """When it is told next; there is never more than one."""
        entries = await database["outbox"].find({"kind": "digest"}).to_list()
        assert len(entries) <= 1
        for entry in entries:
            assert (entry["subject"], entry["state"], entry["due_at"]) == ("", "waiting", entry["at"])
            assert (await database["users"].find_one({"_id": entry["user_id"]})) is not None
        return f"{entries[0]['at']:%d %H:%M}" if entries else None

    async def test_is_planned_for_the_next_time_that_clocks_show(
        self, ann: httpx.AsyncClient, raw_database: Any
    ) -> None:
        await choose(ann, daily_digest={"time": "07:30"})
        assert await self.planned(raw_database) == "24 07:30"
        await choose(ann, daily_digest={"time": "12:01"})
        assert await self.planned(raw_database) == "23 12:01"
        await choose(ann, daily_digest={"time": "12:00"})
        assert await self.planned(raw_database) == "24 12:00"

    async def test_follows_the_clocks_of_the_users_zone(self, ann: httpx.AsyncClient, raw_database: Any) -> None:
        expect(await ann.patch(f"{API}/me", json={"timezone": "Pacific/Auckland"}))
        assert await self.planned(raw_database) is None
        await choose(ann, daily_digest={"time": "07:30"})
        assert await self.planned(raw_database) == "23 18:30"
        expect(await ann.patch(f"{API}/me", json={"timezone": "America/New_York"}))
        assert await self.planned(raw_database) == "23 12:30"

    async def test_moves_with_a_profile_that_is_imported(self, ann: httpx.AsyncClient, raw_database: Any) -> None:
        await choose(ann, daily_digest={"time": "07:30"})
        document = expect(await ann.get(f"{API}/me/export"))
        document["profile"]["timezone"] = "America/New_York"
        answer = await ann.post(f"{API}/me/import", json=document)
        assert answer.status_code in {200, 202}, answer.text
        assert await self.planned(raw_database) == "23 12:30"

    async def test_is_withdrawn_when_it_is_turned_off(self, ann: httpx.AsyncClient, raw_database: Any) -> None:
        await choose(ann, daily_digest={"time": "07:30"})
        await choose(ann, daily_digest=None)
        assert await self.planned(raw_database) is None

    async def test_stays_where_it_is_when_something_else_is_chosen(
        self, ann: httpx.AsyncClient, raw_database: Any, clock: FakeClock
    ) -> None:
        await choose(ann, daily_digest={"time": "12:01"})
        clock.advance(minutes=5)  # it is late, and a worker has it
        await raw_database["outbox"].update_one({"kind": "digest"}, {"$set": {"claim": "worker", "attempts": 1}})
        before = await raw_database["outbox"].find_one({"kind": "digest"})
        await choose(ann, channels={"digest": {"in_app": True}}, daily_digest={"time": "12:01"})
        assert await raw_database["outbox"].find_one({"kind": "digest"}) == before

    async def test_is_taken_from_the_worker_that_has_it_when_it_is_moved(
        self, ann: httpx.AsyncClient, raw_database: Any
    ) -> None:
        await choose(ann, daily_digest={"time": "12:01"})
        await raw_database["outbox"].update_one({"kind": "digest"}, {"$set": {"claim": "worker", "attempts": 1}})
        await choose(ann, daily_digest={"time": "18:00"})
        entry = await raw_database["outbox"].find_one({"kind": "digest"})
        assert entry is not None
        assert (entry["attempts"], "claim" in entry) == (0, False)

    async def test_is_not_planned_by_a_refused_change(self, ann: httpx.AsyncClient, raw_database: Any) -> None:
        answer = await ann.patch(SETTINGS, json={"daily_digest": {"time": "07:30"}}, headers={"If-Match": '"9"'})
        assert answer.status_code == 412
        assert await self.planned(raw_database) is None

    async def test_is_everybodys_own(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, raw_database: Any) -> None:
        await choose(ann, daily_digest={"time": "07:30"})
        await choose(bob, daily_digest={"time": "08:00"})
        await choose(ann, daily_digest=None)
        his = UUID((await read(bob, "/me"))["id"])
        assert await self.planned(raw_database) == "24 08:00"
        assert [entry["user_id"] for entry in await raw_database["outbox"].find({"kind": "digest"}).to_list()] == [
            his
        ]
