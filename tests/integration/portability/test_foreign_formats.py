"""Files of other services: what their values become here, and what of them is kept in the notes."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.portability.calls import Json, export, import_all, send
from tests.integration.tasks.calls import expect, expect_problem

FIXTURES = Path(__file__).parent / "fixtures"


async def import_fixture(
    client: httpx.AsyncClient, name: str, **parameters: Any
) -> tuple[Json, dict[str, Json], Json]:
    """Import a fixture; return the report, the tasks by title, and the export."""
    report = await import_all(client, (FIXTURES / name).read_bytes(), **parameters)
    exported = await export(client)
    return report, {task["title"]: task for task in exported["tasks"]}, exported


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


class TestVikunja:
    async def test_comes_in(self, ann: httpx.AsyncClient) -> None:
        _, tasks, exported = await import_fixture(ann, "vikunja.json", format="vikunja")

        house, old = exported["lists"]
        assert (house["name"], house["color"], house["archived"]) == ("House", "#27ae60", False)
        assert (old["name"], old["archived"]) == ("Old", True)
        paint, shade = tasks["Buy paint"], tasks["Choose the shade"]
        assert (paint["priority"], paint["labels"], paint["status"]) == (4, ["garden"], "todo")
        assert paint["due"] == {"date": "2026-12-01", "time": "08:30", "timezone": "UTC"}
        assert "Repeat after (seconds): 604800" in paint["notes"]
        assert 'Assignees: ["bob"]' in paint["notes"]
        assert (shade["parent_id"], shade["due"], shade["status"]) == (paint["id"], None, "done")


class TestAVikunjaProjectOfManyTasks:
    async def test_comes_in_with_its_views(self, ann: httpx.AsyncClient) -> None:
        # As many as make an entry for each task in each of the four views that a project has, longer than 1 MiB.
        numbers = range(5_500)
        entries = [
            {"task_id": task, "project_view_id": view, "position": 65_536 * task}
            for task in numbers
            for view in range(4)
        ]
        buckets = [
            {"bucket_id": 1, "task_id": task, "project_view_id": view} for task in numbers for view in range(4)
        ]
        tasks = [{"id": number, "title": "x"} for number in numbers[:5]]
        project = {
            "title": "House",
            "tasks": tasks,
            "positions": entries,
            "task_buckets": buckets,
            "hex_color": "27ae60",
        }

        report = await import_all(ann, [project], format="vikunja")

        assert report["tasks"]["created"] == 5
        assert (await export(ann))["lists"][0]["color"] == "#27ae60"


class TestSubtasks:
    @staticmethod
    def project(*tasks: tuple[int, int | None]) -> list[Json]:
        """Return a Vikunja project of tasks, each with its id and that of the task above."""
        return [
            {
                "title": "House",
                "tasks": [
                    {
                        "id": number,
                        "title": f"{number}",
                        "related_tasks": {"parenttask": [{"id": above, "title": f"the {above}"}]} if above else {},
                    }
                    for number, above in tasks
                ],
            }
        ]

    async def test_may_stand_ahead_of_those_above(self, ann: httpx.AsyncClient) -> None:
        report = await import_all(ann, self.project((7, 8), (8, 9), (9, None), (6, 7)), format="vikunja")

        tasks = {task["title"]: task for task in (await export(ann))["tasks"]}
        assert tasks["9"]["parent_id"] is None
        assert {tasks[title]["parent_id"] for title in "678"} == {tasks["9"]["id"]}
        assert report["notes"] == [
            {"detail": "A subtask of a subtask became a subtask of the task above it.", "count": 2}
        ]

    async def test_of_a_task_that_is_elsewhere_come_in_without_it(self, ann: httpx.AsyncClient) -> None:
        report = await import_all(ann, self.project((1, 99), (2, 1)), format="vikunja")

        tasks = {task["title"]: task for task in (await export(ann))["tasks"]}
        assert (tasks["1"]["parent_id"], tasks["1"]["notes"]) == (None, "Subtask of: the 99")
        assert tasks["2"]["parent_id"] == tasks["1"]["id"]
        assert [note["count"] for note in report["notes"]] == [1]

    async def test_below_each_other_come_in_side_by_side(self, ann: httpx.AsyncClient) -> None:
        await import_all(ann, self.project((1, 2), (2, 1), (3, 3), (4, 1)), format="vikunja")

        tasks = (await export(ann))["tasks"]
        assert [(task["title"], task["parent_id"]) for task in tasks] == [(title, None) for title in "1234"]

    async def test_of_a_deleted_task_come_in_without_it(self, ann: httpx.AsyncClient) -> None:
        tasks = [{"id": "a", "title": "gone", "deleted": True}, {"id": "b", "title": "kept", "parent": "a"}]

        await import_all(ann, {"items": [{"title": "L", "items": tasks}]}, format="google-tasks")

        assert [(task["title"], task["notes"]) for task in (await export(ann))["tasks"]] == [
            ("kept", "Subtask of: a")
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

    async def test_has_lists_that_are_none_told(self, ann: httpx.AsyncClient) -> None:
        report = expect(await send(ann, {"items": [7, {"title": "L"}]}, format="google-tasks"))

        assert (report["tasks"]["failed"], [error["pointer"] for error in report["errors"]]) == (0, ["/items/0"])
