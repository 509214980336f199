"""What the outbox should hold of somebody's tasks, computed from what the API tells, and who puts it to the test."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import httpx
from pymongo.asynchronous.database import AsyncDatabase

from app.core.clock import format_instant
from app.data.outbox import derive_id
from tests.fakes.clock import START
from tests.integration.tasks.calls import API, TASKS, Json, walk
from tests.integration.tasks.history import WEIGHTS, Player

RawDatabase = AsyncDatabase[Any]
# A reminder is known by its task and its instant; what is told with it are title, `due` and `due_at`.
Reminders = Mapping[tuple[str, datetime], Json]

_ZONES = ("UTC", "Europe/Paris", "Pacific/Auckland", "America/New_York")


async def reminders_told(client: httpx.AsyncClient) -> Reminders:
    """Return the reminders of all tasks that are to be done, late ones among them, by what the API tells."""
    return {
        (task["id"], at): {name: task[name] for name in ("title", "due", "due_at")}
        for task in await walk(client, "/tasks", limit=200)
        if task["status"] != "done"
        for at in _instants_of(task)
    }


def _instants_of(task: Json) -> set[datetime]:
    due_at = None if task["due_at"] is None else datetime.fromisoformat(task["due_at"])
    instants = set()
    for reminder in task["reminders"]:
        if "at" in reminder:
            instants.add(datetime.fromisoformat(reminder["at"]))
        elif due_at is not None:
            instants.add(due_at - timedelta(minutes=reminder["minutes_before"]))
    return instants


async def reminders_planned(database: RawDatabase) -> Reminders:
    """Return the reminders that the outbox holds, each of which must be whole, as for a worker to find."""
    planned: dict[tuple[str, datetime], Json] = {}
    for entry in await database["outbox"].find({"kind": "reminder"}).to_list():
        subject, at, content = entry["subject"], entry["at"], entry["content"]
        assert entry["_id"] == derive_id(entry["user_id"], "reminder", str(UUID(subject)), format_instant(at))
        assert (entry["state"], entry["due_at"], entry["attempts"]) == ("waiting", at, 0)
        assert "channel" not in entry
        due_at = content["due_at"]
        planned[subject, at] = {**content, "due_at": None if due_at is None else format_instant(due_at)}
    return planned


async def find_differences(client: httpx.AsyncClient, database: RawDatabase, now: datetime) -> list[str]:
    """Return where the outbox and the tasks of its only user disagree.

    Every reminder that lies ahead must be planned; one that is late may be, if nobody has told it yet.
    """
    told, planned = await reminders_told(client), await reminders_planned(database)
    missing = [f"{key} is not planned" for key in told.keys() - planned.keys() if key[1] > now]
    surplus = [f"{key} is planned and should not be" for key in planned.keys() - told.keys()]
    stale = [f"{key} tells {planned[key]}" for key in planned.keys() & told.keys() if planned[key] != told[key]]
    return missing + surplus + stale


class RemindedPlayer(Player):
    """A player all of whose tasks remind of themselves, who travels, and whose days go by."""

    weights: ClassVar[Mapping[str, int]] = {**WEIGHTS, "travel": 4, "change_one_mind": 6, "quick_add": 3}

    def _pass_time(self) -> None:
        self._clock.advance(minutes=self._dice.randrange(10))

    def _fields(self) -> Json:
        dice, fields = self._dice, super()._fields()
        if dice.random() < 0.6:
            fields["due"] = {
                "date": f"2026-11-{dice.randrange(23, 30)}",
                "time": dice.choice([None, f"{dice.randrange(24):02}:30"]),
                "timezone": dice.choice([None, None, "Asia/Kathmandu"]),
            }
        if dice.random() < 0.6:
            fields["reminders"] = self._reminders()
        if dice.random() < 0.2:
            fields["recurrence"] = dice.choice([None, {"rule": "FREQ=DAILY", "from": "due"}])
        return fields

    def _reminders(self) -> list[Json]:
        dice = self._dice
        relative = [{"minutes_before": dice.choice([0, 30, 600, 1440])} for _ in range(dice.randrange(3))]
        absolute = [{"at": self._instant()} for _ in range(dice.randrange(3))]
        return relative + absolute

    def _instant(self) -> str:
        return format_instant(START + timedelta(hours=self._dice.randrange(7 * 24)))

    async def _create_subtask(self) -> httpx.Response:
        body = {**self._fields(), "title": "sub", "parent_id": self._task(), "reminders": self._reminders()}
        return self._remember(await self._post(TASKS, body), self._world.tasks)

    async def _quick_add(self) -> httpx.Response:
        text = self._dice.choice(["Pay rent tomorrow 9am every month", "Call Bob !high", "Walk today 18:00"])
        answer = await self._post(f"{TASKS}/quick", {"text": text})
        if answer.status_code == 201:
            self._world.tasks.append(answer.json()["task"]["id"])
        return answer

    async def _travel(self) -> httpx.Response:
        return await self._client.patch(f"{API}/me", json={"timezone": self._dice.choice(_ZONES)})

    async def _change_one_mind(self) -> httpx.Response:
        """Do several things to one task and take some back, in one change."""
        task = self._task()
        operations: list[Json] = [
            {"op": "update", "id": task, "reminders": self._reminders()},
            {"op": "complete", "id": task},
            {"op": "reopen", "id": task},
            {"op": "delete", "id": task},
            {"op": "restore", "id": task},
            {"op": "update", "id": task, **self._fields()},
        ]
        kept = [operation for operation in operations if self._dice.random() < 0.7] or operations
        return await self._post(f"{TASKS}/batch", {"operations": kept})
