"""The agenda: what is due today and what is overdue, as the digest tells it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.tasks.agenda import Agendas
from tests.factories.notices import user_id_of
from tests.fakes.clock import START
from tests.integration.tasks.calls import act, add_list, add_task, delete_task, read, run_batch

Read = Callable[..., Awaitable[Mapping[str, Any] | None]]


@pytest.fixture
def read_agenda(app: FastAPI, ann: httpx.AsyncClient) -> Read:
    """Reads the agenda of a user at noon on 23 November 2026, or at another instant, in a zone."""

    async def read_one(
        now: datetime = START, timezone: str = "UTC", of: httpx.AsyncClient = ann
    ) -> Mapping[str, Any] | None:
        return await Agendas(app.state.store.database).read(await user_id_of(of), now, timezone)

    return read_one


def due(day: int, time: str | None = None, timezone: str | None = None) -> dict[str, Any]:
    """Due on a day of November 2026."""
    return {"due": {"date": f"2026-11-{day}", "time": time, "timezone": timezone}}


class TestADay:
    async def test_without_anything_to_do_has_none(self, ann: httpx.AsyncClient, read_agenda: Read) -> None:
        assert await read_agenda() is None
        await add_task(ann, "some day")
        await add_task(ann, "tomorrow", **due(24))
        await act(ann, await add_task(ann, "done", **due(23)), "complete")
        await delete_task(ann, await add_task(ann, "in the trash", **due(23)))
        assert await read_agenda() is None

    async def test_tells_what_is_due_and_what_is_overdue_in_their_order(
        self, ann: httpx.AsyncClient, read_agenda: Read
    ) -> None:
        home = await add_list(ann)
        await add_task(ann, "today", **due(23))
        await add_task(ann, "tonight", **due(23, "20:00"), list_id=home["id"], status="in_progress")
        await add_task(ann, "this morning", **due(23, "09:00"))
        await add_task(ann, "last week", **due(16))
        await add_task(ann, "tomorrow", **due(24, "00:00"))
        assert await read_agenda() == {
            "due_today_count": 2,
            "overdue_count": 2,
            "due_today": ["tonight", "today"],
            "overdue": ["last week", "this morning"],
        }

    async def test_counts_as_the_overview_does(self, ann: httpx.AsyncClient, read_agenda: Read) -> None:
        for day in (20, 22, 23, 24):
            await add_task(ann, **due(day))
        agenda, stats = await read_agenda(), await read(ann, "/tasks/stats")
        assert agenda is not None
        assert (
            (agenda["due_today_count"], agenda["overdue_count"]) == (stats["due_today"], stats["overdue"]) == (1, 2)
        )

    async def test_ends_when_it_does_in_the_users_zone(self, ann: httpx.AsyncClient, read_agenda: Read) -> None:
        await add_task(ann, "at nine in the evening", **due(23, "21:00", "UTC"))
        assert await read_agenda(START, "Europe/Paris") is not None  # at ten there
        assert await read_agenda(START, "Africa/Nairobi") is None  # at midnight
        # Not before two in the morning of the day on which Auckland's clocks are the next day already.
        assert await read_agenda(datetime(2026, 11, 23, 10, 59, tzinfo=UTC), "Pacific/Auckland") is None
        assert await read_agenda(datetime(2026, 11, 23, 11, tzinfo=UTC), "Pacific/Auckland") is not None

    async def test_is_everybodys_own(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, read_agenda: Read) -> None:
        await add_task(ann, **due(23))
        assert await read_agenda(of=bob) is None

    @pytest.mark.parametrize(
        ("today", "before", "titles"), [(25, 3, (20, 0)), (18, 5, (18, 2)), (0, 30, (0, 20))], ids=str
    )
    async def test_names_twenty_and_counts_the_rest(
        self, ann: httpx.AsyncClient, read_agenda: Read, today: int, before: int, titles: tuple[int, int]
    ) -> None:
        days = [23] * today + [20] * before
        await run_batch(ann, *({"op": "create", "title": f"{n}", **due(day)} for n, day in enumerate(days)))
        agenda = await read_agenda()
        assert agenda is not None
        assert (agenda["due_today_count"], agenda["overdue_count"]) == (today, before)
        assert (len(agenda["due_today"]), len(agenda["overdue"])) == titles

    async def test_is_read_by_an_index_alone(
        self, ann: httpx.AsyncClient, read_agenda: Read, inspection: Any
    ) -> None:
        """The inspection explains every query, and fails this test for a scan or a sort in memory."""
        for day in range(10, 28):
            await add_task(ann, **due(day))
        inspection.forget()
        assert await read_agenda(START + timedelta(minutes=1)) is not None
        names = [operation.name for operation in inspection.operations if operation.collection == "tasks"]
        assert sorted(names) == ["aggregate", "aggregate", "find", "find", "find", "find"]
