"""Tasks to read: one is made through each API, and its document is cloned in the database as often as needed."""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database

from app.core.ids import new_id
from app.tasks.position import position_between
from bench.people import User
from bench.servers import EXPRESS, EXPRESS_DATABASE, TASKFLEET, TASKFLEET_DATABASE, Contender

TASKS_PATH = "/api/v1/tasks"

# The size of an ordinary task: a line of title, a paragraph of notes, a label, a due date.
NOTES = (
    "Ask for the figures of last year before writing anything, compare them with the plan, and send the draft round "
    "a day ahead of the meeting so that nobody has to read it there."
)
NEW_TASK = {
    "title": "Prepare the report for the meeting of the board",
    "notes": NOTES,
    "priority": 2,
    "labels": ["work", "reports"],
    "due": {"date": "2030-06-01", "time": "09:30", "timezone": "UTC"},
}
# Due dates are spread over so many days from that of `NEW_TASK` on.
_DUE_DAYS = 1_000
_CHUNK = 5_000

Document = dict[str, Any]


class Seeder:
    """Gives users the same tasks in both services."""

    def __init__(self, mongo_url: str, client: httpx.AsyncClient) -> None:
        self._mongo: MongoClient[Document] = MongoClient(mongo_url, uuidRepresentation="standard", tz_aware=True)
        self._client = client

    async def give_tasks(self, contender: Contender, users: list[User], count: int) -> None:
        """Leave each user with exactly `count` tasks, the first of them in `task_ids`."""
        clone = {TASKFLEET: self._clone_taskfleet, EXPRESS: self._clone_express}[contender.name]
        for user in users:
            answer = await self._client.post(
                contender.url + TASKS_PATH, json=NEW_TASK, headers={"Authorization": f"Bearer {user.token}"}
            )
            answer.raise_for_status()
            # Away from the event loop, which has to hear Ctrl-C meanwhile.
            user.task_ids[contender.name] = await asyncio.to_thread(clone, user, count)

    def give_common_tasks(self, count: int) -> None:
        """Fill Taskfleet's catalogue, which all users read, with so many common tasks."""
        _insert(self._mongo[TASKFLEET_DATABASE], _common_tasks(count), "common_tasks")

    def find_revision(self, user: User) -> int:
        """Return how often Taskfleet has counted the user's changes."""
        document = self._mongo[TASKFLEET_DATABASE]["users"].find_one({"_id": user.user_id}, {"revision": 1})
        assert document is not None, "the user was signed up"  # noqa: S101
        revision: int = document["revision"]
        return revision

    def close(self) -> None:
        """Close the connection."""
        self._mongo.close()

    def _clone_taskfleet(self, user: User, count: int) -> str:
        """Replace the user's one task by `count` clones, and make the counters agree with them."""
        database = self._mongo[TASKFLEET_DATABASE]
        template = database["tasks"].find_one_and_delete({"user_id": user.user_id})
        assert template is not None, "it was just made"  # noqa: S101
        clones = _taskfleet_clones(template, count)
        first_id = _insert(database, clones)
        counters = {"task_count": count, "revision": count}
        database["users"].update_one({"_id": user.user_id}, {"$set": counters})
        return first_id

    def _clone_express(self, user: User, count: int) -> str:
        database = self._mongo[EXPRESS_DATABASE]
        template = database["tasks"].find_one_and_delete({"userId": str(user.user_id)})
        assert template is not None, "it was just made"  # noqa: S101
        return _insert(database, _express_clones(template, count))


def _taskfleet_clones(template: Document, count: int) -> Iterator[Document]:
    """Yield documents as so many creations one after another would have left them."""
    position: str | None = None
    for index in range(count):
        position = position_between(position, None)
        yield {
            **template,
            **_vary(template, index, "due_at", "due_order"),
            "_id": new_id(template["created_at"]),
            "position": position,
            "revision": index + 1,
        }


def _common_tasks(count: int) -> Iterator[Document]:
    """Yield documents as so many creations by administrators would have left them."""
    position: str | None = None
    now = datetime.now(UTC)
    for index in range(count):
        position = position_between(position, None)
        yield {
            "_id": new_id(now),
            **{name: NEW_TASK[name] for name in ("notes", "priority", "labels")},
            "title": f"{NEW_TASK['title']} ({index:06d})",
            "position": position,
            "created_at": now,
            "updated_at": now,
            "revision": index + 1,
        }


def _express_clones(template: Document, count: int) -> Iterator[Document]:
    for index in range(count):
        yield {
            **template,
            **_vary(template, index, "dueAt"),
            "_id": ObjectId(),
            "position": template["position"] + index,
        }


def _vary(template: Document, index: int, *due_fields: str) -> Document:
    later = timedelta(days=index % _DUE_DAYS)
    day = date.fromisoformat(template["due"]["date"]) + later
    return {
        "title": f"{template['title']} ({index:06d})",
        "due": {**template["due"], "date": day.isoformat()},
        **{name: template[name] + later for name in due_fields},
    }


def _insert(database: Database[Document], documents: Iterator[Document], name: str = "tasks") -> str:
    first_id = ""
    while chunk := list(itertools.islice(documents, _CHUNK)):
        database[name].insert_many(chunk, ordered=False)
        first_id = first_id or str(chunk[0]["_id"])
    return first_id
