"""From a task to the mail in a mailbox, and from the link in it to the reminder that does not come."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from app.core.clock import format_instant
from app.core.metrics import OutboxMetrics
from app.data.store import Store
from app.notifications.courier import Courier
from app.notifications.mail.channel import MailChannel
from tests.fakes.clock import START, FakeClock
from tests.fakes.mail_server import MailServer
from tests.integration.notifications.conftest import work_off


@pytest.fixture
async def store(app: FastAPI) -> Store:
    """That of the service, on a database that is emptied once."""
    store: Store = app.state.store
    return store


@pytest.fixture
def courier(store: Store, channel: MailChannel, metrics: OutboxMetrics) -> Courier:
    """A courier with the channel of mails."""
    return Courier(store, [channel], metrics)


async def add_task(ann: httpx.AsyncClient, title: str, hours: int) -> dict[str, Any]:
    """A task that is due in so many hours, and reminds half an hour ahead."""
    due_at = START + timedelta(hours=hours)
    due = {"date": f"{due_at:%Y-%m-%d}", "time": f"{due_at:%H:%M}", "timezone": "UTC"}
    answer = await ann.post("/api/v1/tasks", json={"title": title, "due": due, "reminders": [{"minutes_before": 30}]})
    answer.raise_for_status()
    task: dict[str, Any] = answer.json()
    return task


class TestAUserWhoWantsRemindersByMail:
    async def test_gets_one_in_their_own_zone_and_stops_the_next_by_its_link(
        self,
        ann: httpx.AsyncClient,
        client: httpx.AsyncClient,
        courier: Courier,
        clock: FakeClock,
        mail_server: MailServer,
        raw_database: Any,
    ) -> None:
        (await ann.patch("/api/v1/me", json={"timezone": "Asia/Tokyo"})).raise_for_status()
        choice = {"channels": {"reminder": {"email": True}}}
        (await ann.patch("/api/v1/me/notification-settings", json=choice)).raise_for_status()
        task = await add_task(ann, "Call the bank", hours=2)
        await add_task(ann, "Water the flowers", hours=4)

        clock.set(START + timedelta(minutes=89))
        await work_off(courier)
        (welcome,) = await mail_server.collect()
        assert welcome.parse()["Subject"] == "Welcome to Taskfleet"

        clock.set(START + timedelta(minutes=91))
        await work_off(courier)
        (_, mail) = await mail_server.collect()
        text, html = mail.texts
        local = START + timedelta(hours=2 + 9)  # Tokyo has no summer time
        assert mail.recipients == ["ann@example.com"]
        assert mail.parse()["Subject"] == "Call the bank"
        due = f"Due on {local:%A}, {local.day} {local:%B %Y}, {local:%H:%M} (Asia/Tokyo)"
        assert due in text
        assert due in html
        assert task["due_at"] == format_instant(START + timedelta(hours=2))

        (link,) = re.findall(r"https://tasks\.example(/unsubscribe\S+)", text)
        (token,) = parse_qs(urlsplit(link).query)["token"]
        answer = await client.post("/api/v1/notifications/unsubscribe", json={"token": token})
        assert answer.json() == {"kind": "reminder"}

        clock.set(START + timedelta(hours=5))
        await work_off(courier)
        assert await mail_server.collect() == [welcome, mail]
        assert await raw_database["outbox"].count_documents({}) == 0
        notices = await raw_database["notifications"].find({}).sort("created_at").to_list()
        assert [notice["title"] for notice in notices] == ["Call the bank", "Water the flowers"]
