"""A window that is open learns at once how many notices are unread, whoever writes or reads them."""

import httpx
import pytest

from app.core.settings import Settings
from tests.fakes.clock import FakeClock
from tests.integration.events.conftest import Process, StartProcess
from tests.integration.tasks.calls import add_task, expect, read


@pytest.fixture
async def telling(start_process: StartProcess, settings: Settings) -> Process:
    """A process that tells users what is due, as a worker does; the one with the window does not."""
    notifications = settings.notifications.model_copy(update={"deliver_in_api": True})
    return await start_process(settings=settings.model_copy(update={"notifications": notifications}))


async def unread_titles(client: httpx.AsyncClient) -> list[str]:
    """The titles of the unread notices, of which the count must tell."""
    page = await read(client, "/notifications", unread="true")
    titles = [item["title"] for item in page["items"]]
    assert page["unread_count"] == len(titles)
    return titles


class TestAnOpenWindow:
    async def test_hears_of_a_notice_that_another_process_writes_and_of_another_window_that_reads_it(
        self, process: Process, telling: Process, ann: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        """What it asks for then is not what the cache had."""
        async with process.stream(ann) as stream, process.client(ann) as window, telling.client(ann) as other:
            assert await stream.read_revision() == 0
            task = await add_task(window, reminders=[{"at": "2026-11-23T12:01:00Z"}])
            assert await stream.read_revision() == task["revision"] == 1
            assert [await unread_titles(client) for client in (window, other)] == [[], []]

            clock.advance(minutes=1)

            assert await stream.read_revision() == 2
            assert [await unread_titles(client) for client in (window, other)] == [["Buy milk"], ["Buy milk"]]

            answer = await other.post("/api/v1/notifications/read", json={"all": True})

            assert expect(answer) == {"unread_count": 0}
            assert await stream.read_revision() == 3
            assert await unread_titles(window) == []

    async def test_of_another_user_hears_nothing_of_it(
        self,
        process: Process,
        telling: Process,
        ann: httpx.AsyncClient,
        bob: httpx.AsyncClient,
        clock: FakeClock,
    ) -> None:
        async with process.stream(ann) as of_ann, process.stream(bob) as of_bob, process.client(bob) as window:
            assert await of_bob.read_revision() == 0
            await add_task(ann, reminders=[{"at": "2026-11-23T12:01:00Z"}])
            clock.advance(minutes=1)
            assert (await of_ann.read_until(2))[-1] == 2

            assert await unread_titles(window) == []
            await add_task(window)
            assert await of_bob.read_revision() == 1
