"""Files of other services: what their values become here, and what of them is kept in the notes."""

import httpx
import pytest

from tests.integration.portability.calls import Json, export, import_all, import_fixture, send
from tests.integration.tasks.calls import expect, expect_problem


class TestTodoist:
    async def test_comes_in(self, ann: httpx.AsyncClient) -> None:
        report, tasks, exported = await import_fixture(ann, "todoist.csv", format="todoist", list_name="House")

        (house,) = exported["lists"]
        assert house["name"] == "House"
        assert {task["list_id"] for task in tasks.values()} == {house["id"]}
        paint = tasks["Buy paint"]
        assert (paint["priority"], paint["labels"], paint["notes"]) == (4, ["shop", "garden"], "White")
        assert paint["due"] == {"date": "2026-12-01", "time": None, "timezone": None}
        shade = tasks["Choose the shade"]
        assert shade["parent_id"] == paint["id"]
        assert shade["due"] == {"date": "2026-12-01", "time": "09:30", "timezone": "Europe/Paris"}
        assert shade["notes"] == "Responsible: Bob (2)"
        neighbour = tasks["Ask the neighbour"]
        assert neighbour["parent_id"] == paint["id"]
        assert neighbour["notes"] == "Comment: He knows about paint\n\nDuration: 30 minute"
        plants = tasks["Water the plants"]
        assert (plants["due"], plants["notes"], plants["priority"]) == (None, "Date: every monday", 3)
        assert {note["detail"]: note["count"] for note in report["notes"]} == {
            "Authors are left out.": 4,
            "What has no place here (responsible) is kept in the notes.": 1,
            "A subtask of a subtask became a subtask of the task above it.": 1,
            "Comments are kept in the notes.": 1,
            "What has no place here (duration) is kept in the notes.": 1,
            "Sections are left out; their tasks come in.": 1,
            "What has no place here (date) is kept in the notes.": 1,
        }

    async def test_needs_its_columns(self, ann: httpx.AsyncClient) -> None:
        problem = expect_problem(await send(ann, b"A,B\n1,2\n", format="todoist"), 422, "import-unreadable")

        assert problem["errors"][0]["line"] == 1

    async def test_may_begin_with_a_row_that_is_too_short(self, ann: httpx.AsyncClient) -> None:
        content = b"TYPE,CONTENT,PRIORITY,INDENT\nsection,Later\ntask,x,4,1\n"

        await import_all(ann, content, format="todoist")

        assert [task["title"] for task in (await export(ann))["tasks"]] == ["x"]

    async def test_has_what_cannot_be_read_kept_in_the_notes(self, ann: httpx.AsyncClient) -> None:
        content = (
            b"TYPE,CONTENT,PRIORITY,INDENT,DATE,TIMEZONE\n"
            b"task,x,9,1,9999-12-31,\ntask,y,4,1,2026-12-01 09:30,Somewhere\n"
        )

        await import_all(ann, content, format="todoist")

        assert [(task["notes"], task["due"]) for task in (await export(ann))["tasks"]] == [
            ("Date: 9999-12-31\nPriority: 9", None),
            ("Date: 2026-12-01 09:30 (Somewhere)", {"date": "2026-12-01", "time": "09:30", "timezone": None}),
        ]

    async def test_leaves_single_spaces_where_labels_were(self, ann: httpx.AsyncClient) -> None:
        content = b"TYPE,CONTENT,PRIORITY,INDENT\ntask,Buy @shop milk,4,1\n"

        await import_all(ann, content, format="todoist")

        assert [task["title"] for task in (await export(ann))["tasks"]] == ["Buy milk"]


class TestGoogleTasks:
    async def test_comes_in(self, ann: httpx.AsyncClient) -> None:
        report, tasks, exported = await import_fixture(ann, "google-tasks.json", format="google-tasks")

        assert [document["name"] for document in exported["lists"]] == ["My Tasks", "Empty"]
        paint, shade = tasks["Buy paint"], tasks["Choose the shade"]
        assert (paint["status"], paint["completed_at"]) == ("done", "2026-11-20T08:00:00.000Z")
        assert paint["due"] == {"date": "2026-12-01", "time": None, "timezone": None}
        assert paint["notes"] == 'White\n\nLinks: ["https://mail.example/1"]'
        assert paint["created_at"] == "2026-11-01T09:00:00.000Z"
        assert shade["parent_id"] == paint["id"]
        assert report["tasks"] == {"created": 2, "skipped": 1, "failed": 0}

    async def import_one(self, client: httpx.AsyncClient, **members: object) -> Json:
        """Import one task, and return it."""
        await import_all(
            client, {"items": [{"title": "L", "items": [{"title": "x", **members}]}]}, format="google-tasks"
        )
        return (await export(client))["tasks"][-1]

    @pytest.mark.parametrize("due", ["tomorrow", "9999-12-31T00:00:00Z", "1887-01-01T00:00:00Z", 7])
    async def test_keeps_due_dates_that_are_none_in_the_notes(self, ann: httpx.AsyncClient, due: object) -> None:
        task = await self.import_one(ann, due=due, created="never")

        assert (task["due"], task["notes"]) == (None, f"Due: {due}\nCreated: never")

    async def test_is_due_when_it_is_scheduled_now(self, ann: httpx.AsyncClient) -> None:
        former = {"start": "2026-12-01T00:00:00Z"}
        task = await self.import_one(
            ann, scheduled_time=[former, {"current": True, "start": "2026-12-03T10:30:00+01:00"}]
        )

        assert task["due"] == {"date": "2026-12-03", "time": "09:30", "timezone": "UTC"}
        assert task["notes"] == ""

    async def test_is_due_by_its_due_date_if_it_is_scheduled_for_another_day(self, ann: httpx.AsyncClient) -> None:
        task = await self.import_one(
            ann, due="2026-12-02T00:00:00Z", scheduled_time=[{"start": "2026-12-03T00:00:00Z"}]
        )

        assert task["due"] == {"date": "2026-12-02", "time": None, "timezone": None}
        assert task["notes"] == "Scheduled: 2026-12-03T00:00:00Z"

    async def test_has_what_is_unknown_of_it_kept(self, ann: httpx.AsyncClient) -> None:
        task = await self.import_one(ann, status="waiting", completed="2026-12-02T00:00:00Z")

        assert task["notes"] == "Status: waiting\nCompleted: 2026-12-02T00:00:00Z"


class TestMicrosoftToDo:
    async def test_comes_in(self, ann: httpx.AsyncClient) -> None:
        report, tasks, exported = await import_fixture(ann, "microsoft-todo.json", format="microsoft-todo")

        assert [document["name"] for document in exported["lists"]] == ["Tasks"]
        paint, shade = tasks["Buy paint"], tasks["Choose the shade"]
        assert (paint["priority"], paint["labels"]) == (3, ["Garden"])
        assert paint["due"] == {"date": "2026-12-01", "time": None, "timezone": None}
        assert paint["reminders"] == [{"at": "2026-12-01T08:00:00.000Z"}]
        assert paint["notes"].startswith('White\n\nRecurrence: {"pattern"')
        assert paint["created_at"] == "2026-11-01T09:00:00.123Z"
        assert (shade["parent_id"], shade["status"]) == (paint["id"], "done")
        assert tasks["Wait for the neighbour"]["notes"] == "Status: waitingOnOthers"
        assert report["tasks"]["created"] == 3

    @staticmethod
    async def import_one(client: httpx.AsyncClient, **members: object) -> tuple[Json, list[str]]:
        """Import one task, and return it with what the report says."""
        file = {"value": [{"displayName": "L", "tasks": [{"title": "x", **members}]}]}
        report = await import_all(client, file, format="microsoft-todo")
        return (await export(client))["tasks"][-1], [note["detail"] for note in report["notes"]]

    @pytest.mark.parametrize(
        ("at", "zone", "day", "moved"),
        [
            ("2026-12-01T00:00:00.0000000", "UTC", "2026-12-01", False),
            ("2026-12-01T00:00:00", "Somewhere", "2026-12-01", False),
            ("2026-11-30T23:00:00.0000000", "UTC", "2026-12-01", True),
            ("2026-11-30T15:00:00", "Pacific Standard Time", "2026-12-01", True),
            ("2026-11-30T18:00:00", "America/New_York", "2026-12-01", True),
        ],
    )
    async def test_is_due_on_the_day_that_was_chosen(
        self, ann: httpx.AsyncClient, at: str, zone: str, day: str, *, moved: bool
    ) -> None:
        await ann.patch("/api/v1/me", json={"timezone": "Europe/Paris"})

        task, notes = await self.import_one(ann, dueDateTime={"dateTime": at, "timeZone": zone})

        assert task["due"] == {"date": day, "time": None, "timezone": None}
        assert any("midnight" in note for note in notes) is moved

    @pytest.mark.parametrize("zone", ["Europe/Paris", "Romance Standard Time"])
    async def test_has_its_instants_converted(self, ann: httpx.AsyncClient, zone: str) -> None:
        at = {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": zone}

        task, notes = await self.import_one(
            ann, isReminderOn=True, reminderDateTime=at, status="completed", completedDateTime=at
        )

        assert task["reminders"] == [{"at": "2026-12-01T08:00:00.000Z"}]
        assert task["completed_at"] == "2026-12-01T08:00:00.000Z"
        assert notes == []

    async def test_has_what_cannot_be_read_kept_in_the_notes(self, ann: httpx.AsyncClient) -> None:
        at = {"dateTime": "2026-12-01T09:00:00", "timeZone": "Somewhere"}

        task, _ = await self.import_one(
            ann,
            isReminderOn=True,
            reminderDateTime=at,
            dueDateTime=at,
            status="completed",
            completedDateTime=at,
            importance="urgent",
        )

        assert [line.partition(":")[0] for line in task["notes"].splitlines()] == [
            *("Due", "Reminder", "Importance", "Completed")
        ]


class TestAFileOfAnotherKind:
    @pytest.mark.parametrize("name", ["google-tasks", "microsoft-todo", "vikunja", "taskfleet"])
    async def test_is_refused(self, ann: httpx.AsyncClient, name: str) -> None:
        expect_problem(await send(ann, {"items": "none"}, format=name), 422, "import-unreadable")

    @pytest.mark.parametrize(
        "content",
        [
            {"items": [{"title": 7, "items": [{"title": 7}, 7, {"title": None, "due": 9, "links": 3, "id": []}]}]},
            {"items": [7, {"title": "x" * 200, "items": [{"title": "y" * 600, "notes": "z" * 30_000}]}]},
        ],
        ids=["values of wrong types", "values that are too long"],
    )
    async def test_with_odd_values_is_imported_as_far_as_it_goes(self, ann: httpx.AsyncClient, content: Json) -> None:
        report = expect(await send(ann, content, format="google-tasks"))

        assert report["tasks"]["created"] == 1

    async def test_with_odd_values_in_place_of_words_keeps_them_in_the_notes(self, ann: httpx.AsyncClient) -> None:
        task = {"title": "x", "status": ["odd"], "importance": {"odd": 1}}
        await import_all(ann, {"items": [{"title": "L", "items": [task]}]}, format="google-tasks")
        await import_all(ann, {"value": [{"displayName": "L", "tasks": [task]}]}, format="microsoft-todo")

        assert [task["notes"] for task in (await export(ann))["tasks"]] == [
            'Status: ["odd"]',
            'Status: ["odd"]\nImportance: {"odd": 1}',
        ]

    async def test_has_lists_that_are_none_told(self, ann: httpx.AsyncClient) -> None:
        report = expect(await send(ann, {"items": [7, {"title": "L"}]}, format="google-tasks"))

        assert (report["tasks"]["failed"], [error["pointer"] for error in report["errors"]]) == (0, ["/items/0"])
