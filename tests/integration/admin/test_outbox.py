"""What could not be told, as administrators see it, and having it tried again."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.metrics import Metrics
from app.data.outbox import OutboxEntry
from app.notifications.courier import Courier
from tests.fakes.clock import START, FakeClock
from tests.fakes.notification_channel import FakeChannel
from tests.integration.admin.conftest import ADMIN, NOBODY, audit_of, id_of

RawDatabase = AsyncDatabase[dict[str, Any]]
OUTBOX = f"{ADMIN}/outbox"
SECRET = "Buy a ring for Bob"


async def bury(database: RawDatabase, clock: FakeClock, user_id: str, **fields: Any) -> str:
    """Store a delivery that was given up just now, and return its id."""
    content = {"title": SECRET, "due": None, "due_at": None}
    entry = OutboxEntry(UUID(user_id), "reminder", str(uuid4()), START, content, channel="push:phone")
    dead = {"state": "dead", "died_at": clock.now(), "attempts": 16, "last_error": "421 try again"}
    document = {**entry.to_fields(), **entry.to_initial_fields(), **dead, **fields}
    await database["outbox"].insert_one({"_id": entry.entry_id, "user_id": entry.user_id, **document})
    return str(entry.entry_id)


class TestTheListOfTheDead:
    async def test_tells_what_failed_and_nothing_that_a_user_wrote(
        self, root: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, ann_id: str
    ) -> None:
        entry_id = await bury(raw_database, clock, ann_id)

        answer = await root.get(OUTBOX, params={"state": "dead"})

        assert answer.status_code == 200
        assert answer.json() == {
            "items": [
                {
                    "id": entry_id,
                    "user_id": ann_id,
                    "kind": "reminder",
                    "channel": "push:phone",
                    "at": "2026-11-23T12:00:00.000Z",
                    "attempts": 16,
                    "died_at": "2026-11-23T12:00:00.000Z",
                    "last_error": "421 try again",
                }
            ],
            "next_cursor": None,
        }
        assert SECRET not in answer.text

    async def test_leaves_out_what_waits(
        self, root: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, ann_id: str
    ) -> None:
        entry_id = await bury(raw_database, clock, ann_id)
        await raw_database["outbox"].update_one(
            {"_id": UUID(entry_id)}, {"$set": {"state": "waiting"}, "$unset": {"died_at": ""}}
        )

        assert (await root.get(OUTBOX)).json()["items"] == []

    async def test_comes_in_pages_the_last_first(
        self, root: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, ann_id: str
    ) -> None:
        ids = []
        for number in range(5):
            clock.advance(number % 2)  # two at a time
            ids.append(await bury(raw_database, clock, ann_id))
        found, cursor = [], {}
        while True:
            page = (await root.get(OUTBOX, params={"limit": 2, **cursor})).json()
            found += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}

        assert len(found) == 5
        assert {item["id"] for item in found} == set(ids)
        deaths = [item["died_at"] for item in found]
        assert deaths == sorted(deaths, reverse=True)

    async def test_is_not_sent_twice_to_who_has_it(
        self, root: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, ann_id: str
    ) -> None:
        await bury(raw_database, clock, ann_id)
        etag = (await root.get(OUTBOX)).headers["ETag"]

        assert (await root.get(OUTBOX, headers={"If-None-Match": etag})).status_code == 304

    @pytest.mark.parametrize("parameters", [{"state": "waiting"}, {"limit": 0}, {"user_id": NOBODY}])
    async def test_refuses_wrong_parameters(self, root: httpx.AsyncClient, parameters: dict[str, Any]) -> None:
        assert (await root.get(OUTBOX, params=parameters)).status_code == 422

    @pytest.mark.parametrize("cursor", ["nonsense", "AAAA"])
    async def test_refuses_a_wrong_cursor(self, root: httpx.AsyncClient, cursor: str) -> None:
        answer = await root.get(OUTBOX, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-cursor")


class TestTryingAgain:
    async def test_delivers_as_if_for_the_first_time_and_is_audited(
        self, root: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, ann_id: str, app: Any
    ) -> None:
        entry_id = await bury(raw_database, clock, ann_id)
        clock.advance(minutes=5)

        answer = await root.post(f"{OUTBOX}/{entry_id}/retry")

        assert (answer.status_code, answer.content) == (204, b"")
        entry = await raw_database["outbox"].find_one({"_id": UUID(entry_id)})
        assert entry is not None
        assert (entry["state"], entry["due_at"], entry["attempts"]) == ("waiting", clock.now(), 0)
        assert not entry.keys() & {"died_at", "last_error"}
        [act] = await audit_of(root, action="outbox.retried")
        assert act["subject"] == {"kind": "outbox-entry", "id": entry_id, "email": None}
        assert act["actor"]["id"] == await id_of(root)
        channel = FakeChannel()
        courier = Courier(app.state.store, [channel], Metrics().outbox)
        for lane in courier.lanes.values():
            await lane.take()
            await lane.finish(20)
        assert [str(key) for key in channel.keys] == [entry_id]

    async def test_twice_at_once_is_one_act(
        self, root: httpx.AsyncClient, raw_database: RawDatabase, clock: FakeClock, ann_id: str
    ) -> None:
        entry_id = await bury(raw_database, clock, ann_id)

        statuses = [(await root.post(f"{OUTBOX}/{entry_id}/retry")).status_code for _ in range(2)]

        assert statuses == [204, 404]
        assert len(await audit_of(root, action="outbox.retried")) == 1

    @pytest.mark.parametrize(("entry_id", "status"), [(NOBODY, 404), ("7", 422)])
    async def test_of_what_is_not_there_is_refused(self, root: httpx.AsyncClient, entry_id: str, status: int) -> None:
        assert (await root.post(f"{OUTBOX}/{entry_id}/retry")).status_code == status
        assert await audit_of(root) == []
