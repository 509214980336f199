"""Many tasks of one user, as different as a few dice make them."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.data.accounts import Account
from app.data.changes import Change
from app.tasks.documents import new_task, with_changes
from app.tasks.position import position_between
from app.tasks.schemas import TaskDraft
from tests.fakes.clock import START

LIST_IDS = tuple(UUID(int=number) for number in range(101, 105))
PARENT_IDS = tuple(UUID(int=number) for number in range(201, 206))
LABELS = ("home", "shop", "work")
WORDS = ("buy", "call", "write", "read", "milk", "garden")


def random_tasks(user_id: UUID, count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return documents, the later the newer; each was changed by a change of its own."""
    dice, position, tasks = random.Random(seed), None, []
    for number in range(count):
        position = position_between(position, None)
        tasks.append(_random_task(dice, user_id, number, position))
    for number, task in enumerate(dice.sample(tasks, count)):
        task |= {"updated_at": START + timedelta(minutes=count + number // 3), "revision": count + number // 3}
        if dice.random() < 0.3:
            task["order_revision"] = task["revision"]
    return tasks


def _random_task(dice: random.Random, user_id: UUID, number: int, position: str) -> dict[str, Any]:
    at = START + timedelta(minutes=number)
    day = at + timedelta(days=dice.randrange(-60, 60))
    draft = TaskDraft.model_validate(
        {
            "title": " ".join(dice.sample(WORDS, 3)),
            "status": dice.choice(["todo", "todo", "in_progress", "done", "done"]),
            "priority": dice.randrange(5),
            "due": {"date": f"{day:%Y-%m-%d}"} if dice.random() < 0.5 else None,
            "labels": dice.sample(LABELS, dice.choice([0, 0, 0, 1, 2])),
            "list_id": dice.choice([None, *LIST_IDS]),
            "parent_id": dice.choice([None, None, *PARENT_IDS]),
        }
    )
    change = Change(None, Account(user_id, "user", number + 1, "UTC", is_disabled=False), at, 0)
    task = new_task(new_id(at), change, draft, position)
    if dice.random() < 0.2:
        return with_changes(task, {"deleted": True, "deleted_at": at, "deleted_with": task["_id"]})
    return task
