"""Gives tasks that come into a list, or come back to it, a place of their own."""

from collections.abc import Collection, Sequence

from app.data.changes import Change
from app.data.database import Document
from app.tasks.documents import with_changes
from app.tasks.position import position_between
from app.tasks.task_repository import TaskRepository


class Places:
    """Keeps tasks apart: nothing could ever be moved between two tasks at the same position."""

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def part_from_residents(self, change: Change, newcomers: Sequence[Document]) -> list[Document]:
        """Return tasks that come into one list, each with a position of its own.

        One that somebody in the list has already becomes the next free one.
        """
        list_id = newcomers[0]["list_id"]
        positions = [task["position"] for task in newcomers]
        taken = await self._tasks.positions_taken(change.user_id, list_id, positions, change.session)
        # Each other's, too: a task that is moved gets its place without a look at the subtasks that come along.
        reserved = set(positions)
        settled: list[Document] = []
        for task in newcomers:
            changes: Document = {}
            if task["position"] in taken:
                position = await self._find_free_position(change, task, reserved)
                reserved.add(position)
                changes = {"position": position, "order_revision": change.account.revision}
            taken.add(task["position"])
            settled.append(with_changes(task, changes))
        return settled

    async def part_from_open(self, change: Change, task: Document) -> Document:
        """Return a task that is done no more: where it was, or behind the open task that is there now."""
        if not await self._tasks.is_among_open(change, task):
            return task
        return with_changes(task, {"position": await self._find_free_position(change, task, ())})

    async def _find_free_position(self, change: Change, task: Document, used: Collection[str]) -> str:
        following = await self._tasks.next_position_in_list(change.user_id, task, change.session)
        position = position_between(task["position"], following)
        while position in used:
            position = position_between(position, following)
        return position
