"""Reading a calendar feed by its address: which tasks are in it, ETags, limits, and where its secret never gets."""

import httpx
import pytest
import structlog
from fastapi import FastAPI

from app.core.ids import new_id
from app.tasks import calendar_service
from app.tasks.calendar_secret import CalendarSecret
from tests.architecture.inspection import Inspection
from tests.fakes.clock import START, FakeClock
from tests.integration.api.problem_shape import assert_problem
from tests.integration.calendar.conftest import ReadEvents, make_feed
from tests.integration.tasks.calls import (
    act,
    add_task,
    delete_task,
    expect_problem,
    patch_task,
    run_batch,
)
from tests.shapes import looks_into_the_process

TODAY, TOMORROW, YESTERDAY = {"date": "2026-11-23"}, {"date": "2026-11-24"}, {"date": "2026-11-22"}


def day_of(number: int) -> dict[str, str]:
    """A due date so many days from the first of January 2027."""
    return {"date": f"2027-{1 + number // 28:02}-{1 + number % 28:02}"}


class TestTheFeed:
    async def test_is_a_calendar(self, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        await add_task(ann, due=TOMORROW)
        answer = await client.get(await make_feed(ann))

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["Content-Disposition"] == 'inline; filename="taskfleet.ics"'
        assert answer.content.startswith(b"BEGIN:VCALENDAR\r\n")
        assert answer.content.endswith(b"END:VCALENDAR\r\n")

    async def test_has_an_event_for_each_open_task_with_a_due_date(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, read_events: ReadEvents
    ) -> None:
        await add_task(ann, "today", due=TODAY)
        await add_task(ann, "begun", due=TOMORROW, status="in_progress")
        await add_task(ann, "late", due=YESTERDAY)
        await add_task(ann, "labelled", due=TOMORROW, labels=["a", "b", "c"])
        await add_task(ann, "undated")
        await add_task(ann, "done", due=TODAY, status="done")
        await delete_task(ann, await add_task(ann, "deleted", due=TODAY))
        await add_task(bob, "his", due=TODAY)

        events = await read_events(await make_feed(ann))

        assert sorted(str(event["SUMMARY"]) for event in events) == ["begun", "labelled", "late", "today"]

    async def test_follows_every_change(self, ann: httpx.AsyncClient, read_events: ReadEvents) -> None:
        path = await make_feed(ann)
        task = await add_task(ann, "before", due=TODAY)
        (before,) = await read_events(path)
        await patch_task(ann, task, title="after", due={"date": "2026-12-24"})
        (after,) = await read_events(path)
        await act(ann, task, "complete")

        assert str(before["UID"]) == str(after["UID"]) == task["id"]
        assert [str(event["SUMMARY"]) for event in (before, after)] == ["before", "after"]
        assert await read_events(path) == []

    async def test_shows_instants_whatever_the_zone_they_were_given_in(
        self, ann: httpx.AsyncClient, read_events: ReadEvents
    ) -> None:
        await ann.patch("/api/v1/me", json={"timezone": "America/New_York"})
        await add_task(ann, due={"date": "2026-12-01", "time": "09:30"})
        await add_task(ann, due={"date": "2026-12-01", "time": "09:30", "timezone": "Asia/Tokyo"})

        events = await read_events(await make_feed(ann))

        assert [event["DTSTART"].to_ical() for event in events] == [b"20261201T003000Z", b"20261201T143000Z"]

    async def test_shows_recurring_tasks_as_series_in_local_time(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        due = {"date": "2026-12-01", "time": "09:00", "timezone": "Europe/Paris"}
        await add_task(ann, due=due, recurrence={"rule": "FREQ=WEEKLY;BYDAY=TU"})

        content = (await client.get(await make_feed(ann))).text

        assert "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\n" in content
        assert "DTSTART;TZID=Europe/Paris:20261201T090000\r\n" in content
        assert "RRULE:FREQ=WEEKLY;BYDAY=TU\r\n" in content

    async def test_leads_to_the_page_of_the_task(self, ann: httpx.AsyncClient, read_events: ReadEvents) -> None:
        task = await add_task(ann, due=TODAY)

        (event,) = await read_events(await make_feed(ann))

        assert str(event["URL"]) == f"http://127.0.0.1:8000/all?task={task['id']}"

    async def test_holds_hostile_text_as_text(self, ann: httpx.AsyncClient, read_events: ReadEvents) -> None:
        title = "x\r\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:forged, or; not\\n\x07"
        await add_task(ann, title, due=TODAY, notes=title, labels=[title[:50]])

        (event,) = await read_events(await make_feed(ann))

        assert str(event["SUMMARY"]) == "x\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:forged, or; not\\n"

    async def test_is_answered_to_head_as_to_get(self, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        path = await make_feed(ann)

        answer = await client.head(path)

        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["ETag"] == (await client.get(path)).headers["ETag"]


class TestAFeedOfVeryManyTasks:
    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(calendar_service, "MAX_EVENTS", 5)

    async def test_has_the_nearest_ones_ahead(self, ann: httpx.AsyncClient, read_events: ReadEvents) -> None:
        tasks = [{"title": f"task {number}", "due": day_of(number)} for number in range(7)]
        await run_batch(ann, *({"op": "create", **task} for task in tasks))
        await add_task(ann, "late", due=YESTERDAY)

        events = await read_events(await make_feed(ann))

        assert [str(event["SUMMARY"]) for event in events] == [f"task {number}" for number in range(5)]

    async def test_has_the_latest_of_the_late_ones_in_what_remains(
        self, ann: httpx.AsyncClient, read_events: ReadEvents
    ) -> None:
        for number in range(1, 8):
            await add_task(ann, f"late {number}", due={"date": f"2026-10-{number:02}"})
        await add_task(ann, "today", due=TODAY)

        events = await read_events(await make_feed(ann))

        assert [str(event["SUMMARY"]) for event in events] == ["today", "late 7", "late 6", "late 5", "late 4"]

    async def test_has_what_is_due_today_of_the_user_whatever_the_day_elsewhere(
        self, ann: httpx.AsyncClient, read_events: ReadEvents, clock: FakeClock
    ) -> None:
        await ann.patch("/api/v1/me", json={"timezone": "Pacific/Auckland"})
        clock.advance(minutes=1)  # it is one minute past one there, on the 24th
        for number in range(5):
            await add_task(ann, f"ahead {number}", due=day_of(number))
        await add_task(ann, "yesterday there", due=TODAY)
        await add_task(ann, "today there", due=TOMORROW)

        events = await read_events(await make_feed(ann))

        summaries = [str(event["SUMMARY"]) for event in events]
        assert summaries[0] == "today there"
        assert "yesterday there" not in summaries


class TestTheEtag:
    async def test_gives_304_without_a_look_at_tasks(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient, inspection: Inspection
    ) -> None:
        await add_task(ann, due=TODAY)
        path = await make_feed(ann)
        etag = (await client.get(path)).headers["ETag"]
        assert any(operation.collection == "tasks" for operation in inspection.operations)  # the control
        before = len(inspection.operations)

        answer = await client.get(path, headers={"If-None-Match": etag})

        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == etag
        assert answer.headers["Cache-Control"] == "private, no-cache"
        collections = [operation.collection for operation in inspection.operations[before:]]
        assert sorted(collections) == ["calendar_feeds", "users"]

    async def test_is_another_one_after_a_change(self, ann: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
        path = await make_feed(ann)
        etag = (await client.get(path)).headers["ETag"]
        await add_task(ann, due=TODAY)

        answer = await client.get(path, headers={"If-None-Match": etag})

        assert answer.status_code == 200
        assert answer.headers["ETag"] != etag

    async def test_is_another_one_on_the_next_day_of_the_user(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        """Which tasks are near is another question then."""
        await ann.patch("/api/v1/me", json={"timezone": "America/New_York"})
        path = await make_feed(ann)
        etag = (await client.get(path)).headers["ETag"]

        clock.set(START.replace(hour=23))  # the 24th has begun elsewhere
        assert (await client.get(path)).headers["ETag"] == etag
        clock.advance(hours=6)
        assert (await client.get(path)).headers["ETag"] != etag

    async def test_belongs_to_one_user(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        tags = [(await client.get(await make_feed(user))).headers["ETag"] for user in (ann, bob)]

        assert tags[0] != tags[1]


def wrong_secrets() -> list[str]:
    stranger = CalendarSecret.mint(new_id(START))
    return ["nope", "A" * 63, "A" * 65, stranger.encode(), "a%00b", "%2e%2e", "é", " "]


class TestASecretThatIsNone:
    @pytest.mark.parametrize("secret", wrong_secrets(), ids=lambda secret: f"{len(secret)} {secret[:3]}")
    async def test_is_404(self, secret: str, client: httpx.AsyncClient) -> None:
        assert_problem(await client.get(f"/calendar/{secret}.ics"), 404)

    async def test_of_a_user_with_another_one_is_404(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient, app: FastAPI
    ) -> None:
        path = await make_feed(ann)
        text = path.removeprefix("/calendar/").removesuffix(".ics")
        real = CalendarSecret.parse(text)
        forged = CalendarSecret.mint(real.user_id)

        assert_problem(await client.get(f"/calendar/{forged.encode()}.ics"), 404)
        # Another letter anywhere leads nowhere.
        for place in (0, 20, 21, 40, 63):
            other = "A" if text[place] != "A" else "B"
            changed = f"{text[:place]}{other}{text[place + 1 :]}"
            assert_problem(await client.get(f"/calendar/{changed}.ics"), 404)

    async def test_is_looked_for_like_any_other(
        self, ann: httpx.AsyncClient, client: httpx.AsyncClient, inspection: Inspection
    ) -> None:
        """The same questions to the database, whatever is wrong."""
        path = await make_feed(ann)
        user_id = CalendarSecret.parse(path.removeprefix("/calendar/").removesuffix(".ics")).user_id
        asked = []
        for secret in ("nope", CalendarSecret.mint(new_id(START)).encode(), CalendarSecret.mint(user_id).encode()):
            before = len(inspection.operations)
            answer = await client.get(f"/calendar/{secret}.ics")
            operations = inspection.operations[before:]
            asked.append(sorted((operation.name, operation.collection) for operation in operations))
            assert answer.json()["detail"] == "There is no such calendar feed."

        assert asked == [[("find", "calendar_feeds"), ("find", "users")]] * 3

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    async def test_with_another_method_is_405(
        self, method: str, ann: httpx.AsyncClient, client: httpx.AsyncClient
    ) -> None:
        answer = await client.request(method, await make_feed(ann))

        assert_problem(answer, 405)
        assert answer.headers["Allow"] == "GET, HEAD"


class TestTheSecret:
    """It is in the path, and paths get into many places; this one into none."""

    @looks_into_the_process
    @pytest.mark.parametrize(
        ("method", "ending", "status"),
        [
            ("GET", ".ics", 200),
            ("GET", "", 404),
            ("GET", ".ics/", 404),
            ("GET", ".ics%0A", 404),
            ("POST", ".ics", 405),
        ],
    )
    async def test_is_in_no_answer_log_or_metric(
        self, method: str, ending: str, status: int, ann: httpx.AsyncClient, client: httpx.AsyncClient, app: FastAPI
    ) -> None:
        path = (await make_feed(ann)).removesuffix(".ics")
        secret = path.removeprefix("/calendar/")
        with structlog.testing.capture_logs() as logs:
            answer = await client.request(method, path + ending)

        assert answer.status_code == status
        assert secret not in answer.text
        assert secret not in repr(answer.headers)
        if status >= 400:
            assert answer.json()["instance"] == "/calendar/hidden"
        assert [entry["event"] for entry in logs].count("request") == 1
        assert secret not in repr(logs)
        metrics = app.state.metrics.render().decode()
        assert secret not in metrics
        assert status != 200 or 'route="/calendar/{secret}.ics"' in metrics

    async def test_is_in_no_log_of_a_fault(
        self,
        ann: httpx.AsyncClient,
        client: httpx.AsyncClient,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        path = await make_feed(ann)

        async def fail(*arguments: object) -> None:
            raise ValueError("no calendar today")

        monkeypatch.setattr(calendar_service, "write_calendar", fail)
        answer = await client.get(path)

        assert assert_problem(answer, 500)["instance"] == "/calendar/hidden"
        shown = "".join(capsys.readouterr())
        assert "no calendar today" in shown
        assert path.removeprefix("/calendar/").removesuffix(".ics") not in shown


class TestTheLimit:
    async def test_is_that_of_the_address_whatever_the_feed(
        self, ann: httpx.AsyncClient, limited_client: httpx.AsyncClient
    ) -> None:
        path = await make_feed(ann)
        first, second = [await limited_client.get(path) for _ in range(2)]

        assert first.status_code == 200
        problem = expect_problem(second, 429, "rate-limited")
        assert problem["instance"] == "/calendar/hidden"
        assert second.headers["RateLimit-Policy"] == '"address";q=1;w=3600'
