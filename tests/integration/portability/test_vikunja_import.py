"""Files of Vikunja: what their values become here, and where subtasks and views may stand."""

import httpx

from tests.integration.portability.calls import Json, export, import_all, import_fixture


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

    async def test_has_what_cannot_be_read_kept_in_the_notes(self, ann: httpx.AsyncClient) -> None:
        task = {
            "title": "x",
            "due_date": "9999-12-31T00:00:00Z",
            "priority": 9,
            "reminders": [{"reminder": "soon"}, {"reminder": "0001-01-01T00:00:00Z"}],
            "start_date": "later",
            "related_tasks": {
                "parenttask": [{"id": 7, "title": "A"}, {"id": 8, "title": "B"}],
                "blocking": [{"title": "C"}],
            },
        }

        await import_all(ann, [{"title": "L", "tasks": [task]}], format="vikunja")

        (imported,) = (await export(ann))["tasks"]
        assert imported["notes"].splitlines() == [
            "Subtask of: A",
            "Due: 9999-12-31T00:00:00Z",
            "Priority: 9",
            'Other reminders: ["soon"]',
            'Also subtask of: ["B"]',
            'Related: {"blocking": ["C"]}',
            "Start: later",
        ]


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
