"""What can be done with tasks inside one change; the batch strings several of these together."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app.api.merge_patch import apply_merge_patch
from app.api.preconditions import IfMatch, resource_etag
from app.api.problems import InvalidInputError
from app.core.errors import ValidationProblemError
from app.core.ids import new_id
from app.data.changes import Change
from app.data.database import Document
from app.tasks.documents import (
    apply_draft,
    difference,
    independent_changes,
    is_independent,
    new_task,
    restored_task,
    with_changes,
)
from app.tasks.errors import QuotaExceededError, TaskNotFoundError
from app.tasks.last_positions import LastPositions
from app.tasks.list_repository import ListRepository
from app.tasks.places import Places
from app.tasks.position import position_between
from app.tasks.reminders import follow_task
from app.tasks.representation import represent_editable, represent_task
from app.tasks.schemas import MoveRequest, TaskDraft
from app.tasks.succession import MAX_SUBTASKS, Successions, check_recurrence
from app.tasks.task_repository import TaskRepository


class TaskOperations:
    """The operations. All but those named `..._one` check everything before they write anything.

    A failed one of these leaves no trace, and the change can go on. Those named `..._one` are for a change that does
    nothing else: when they fail, it must be undone.
    """

    def __init__(self, tasks: TaskRepository, lists: ListRepository, task_quota: int) -> None:
        self._tasks = tasks
        self._lists = lists
        self._task_quota = task_quota
        self._last_positions = LastPositions()
        self._places = Places(tasks)
        self._successions = Successions(tasks, self._places, self._check_quota, self.trash)

    async def create_one(self, change: Change, draft: TaskDraft) -> Document:
        """Add a task behind all others, as the only operation of a change."""
        (result,) = await self.create(change, [draft], behind=self._last_positions.recall(change))
        if isinstance(result, InvalidInputError):
            raise result
        self._last_positions.remember(change, result["position"])
        return result

    async def create(
        self, change: Change, drafts: Sequence[TaskDraft], behind: str | None = None
    ) -> list[Document | InvalidInputError]:
        """Add tasks behind all others, in their order; a draft that refers to nothing gives its error instead.

        `behind` is the last position where that is known.
        """
        try:
            self._check_quota(change)
        except QuotaExceededError:
            change.correct_task_count(-len(drafts))
            raise
        position = behind or await self._tasks.last_position(change.user_id, change.session)
        results: list[Document | InvalidInputError] = []
        for draft in drafts:
            try:
                await check_recurrence(change, draft)
                list_id = await self._settle_list(change, draft.list_id, draft.parent_id, None)
            except ValidationProblemError as error:
                results.append(InvalidInputError(error.extensions["errors"]))
                continue
            position = position_between(position, None)
            task = new_task(new_id(change.at), change, draft, position)
            results.append(with_changes(task, {"list_id": list_id}))
        tasks = [result for result in results if not isinstance(result, InvalidInputError)]
        change.correct_task_count(len(tasks) - len(drafts))
        if tasks:
            await self._tasks.insert(change, tasks)
        for task in tasks:
            follow_task(change, None, task)
        return results

    async def update(
        self, change: Change, task_id: UUID, patch: Mapping[str, Any], if_match: IfMatch | None = None
    ) -> Document:
        """Apply a merge patch and return the task, which keeps its revision when nothing differs."""
        task = await self._find(change, task_id, if_match)
        draft = _merge(task, patch)
        await check_recurrence(change, draft, task)
        changed = apply_draft(task, draft, change)
        if draft.parent_id != task.get("parent_id") or draft.list_id != task["list_id"]:
            keeps_list = "list_id" not in patch
            wanted = None if keeps_list and draft.parent_id is not None else draft.list_id
            changed = with_changes(
                changed, {"list_id": await self._settle_list(change, wanted, draft.parent_id, task)}
            )
        succession = await self._successions.prepare(change, task, changed)
        saved = await self._save(change, task, succession.task)
        await self._successions.write(change, saved, succession)
        return saved

    async def update_one(
        self, change: Change, task_id: UUID, patch: Mapping[str, Any], if_match: IfMatch | None = None
    ) -> Document:
        """Apply a merge patch as the only operation of a change, which spares a command for most patches.

        What the patch comes to in most tasks is written by the command that reads the task. Only then it is checked:
        what is wrong is corrected, and what may not be, or changes nothing, is undone with the change.
        """
        if not is_independent(patch):
            return await self.update(change, task_id, patch, if_match)
        likely = independent_changes(patch, change) | change.stamp_ahead()
        before = _check(await self._tasks.write(change, task_id, likely), if_match)
        after = with_changes(before, independent_changes(patch, change, before))
        if after == before:
            return before
        succession = await self._successions.prepare(change, before, after)
        after = _stamp(change, before, succession.task)
        if correction := difference(with_changes(before, likely), after):
            await self._tasks.update(change, task_id, correction)
        follow_task(change, before, after)
        await self._successions.write(change, after, succession)
        return after

    async def set_status(self, change: Change, task_id: UUID, status: str) -> Document:
        """Set the status and return the task."""
        return await self.update(change, task_id, {"status": status})

    async def reopen(self, change: Change, task_id: UUID) -> Document:
        """Make a done task one to do again; another one stays as it is."""
        task = await self._find(change, task_id)
        return await self.set_status(change, task_id, "todo") if task["status"] == "done" else task

    async def delete(self, change: Change, task_id: UUID, if_match: IfMatch | None = None) -> Document:
        """Move a task and its subtasks to the trash."""
        task = await self._find(change, task_id, if_match)
        subtasks = await self._tasks.find_subtasks(change, task_id)
        await self.trash(change, [task, *subtasks], root_id=task_id)
        return task

    async def trash(self, change: Change, tasks: Sequence[Document], root_id: UUID) -> None:
        """Move tasks to the trash together; `root_id` tells what they were deleted with."""
        deletion = {"deleted": True, "deleted_at": change.at, "deleted_with": root_id, **change.stamp()}
        await self._tasks.replace(change, [with_changes(task, deletion) for task in tasks])
        for task in tasks:
            follow_task(change, task, None)
        change.correct_task_count(-len(tasks))

    async def restore(self, change: Change, task_id: UUID) -> Document:
        """Take a task out of the trash, with the subtasks that went there with it."""
        task = await self._tasks.find(change.user_id, task_id, change.session, is_deleted=True)
        if task is None:
            return await self._find(change, task_id)
        subtasks = await self._tasks.find_subtasks(change, task_id, is_deleted=True)
        together = [subtask for subtask in subtasks if subtask["deleted_with"] == task["deleted_with"]]
        self._check_quota(change, 1 + len(together))
        home = await self._find_home(change, task)
        restored = [
            restored_task(document, change, place)
            for document, place in [(task, home), *((subtask, {"list_id": home["list_id"]}) for subtask in together)]
        ]
        restored = await self._places.part_from_residents(change, restored)
        await self._tasks.replace(change, restored)
        for document in restored:
            follow_task(change, None, document)
        change.correct_task_count(len(restored))
        return restored[0]

    async def move(self, change: Change, task_id: UUID, request: MoveRequest) -> Document:
        """Put a task behind another one of the target list, or on top; only this task is written."""
        task = await self._find(change, task_id)
        list_id = task["list_id"]
        if "list_id" in request.model_fields_set and request.list_id != list_id:
            list_id = await self._settle_list(change, request.list_id, task.get("parent_id"), task)
        position = await self._find_gap(change, task, list_id, request.after_id)
        return await self._save(change, task, with_changes(task, {"list_id": list_id, "position": position}))

    def _check_quota(self, change: Change, more: int = 0) -> None:
        """Raise `QuotaExceededError` when the account would hold too much with so many tasks more."""
        if change.task_count + change.task_count_correction + more > self._task_quota:
            raise QuotaExceededError(f"An account holds at most {self._task_quota} tasks.")

    async def _find(self, change: Change, task_id: UUID, if_match: IfMatch | None = None) -> Document:
        return _check(await self._tasks.find(change.user_id, task_id, change.session), if_match)

    async def _save(self, change: Change, before: Document, after: Document) -> Document:
        if after == before:
            return before
        stamped = _stamp(change, before, after)
        follow_task(change, before, stamped)
        if after["list_id"] == before["list_id"]:
            await self._tasks.update(change, before["_id"], difference(before, stamped))
            return stamped
        subtasks = await self._tasks.find_subtasks(change, before["_id"])
        moved = {"list_id": after["list_id"], **change.stamp()}
        written = [stamped, *(with_changes(subtask, moved) for subtask in subtasks)]
        written = await self._places.part_from_residents(change, written)
        await self._tasks.replace(change, written)
        return written[0]

    async def _settle_list(
        self, change: Change, list_id: UUID | None, parent_id: UUID | None, task: Document | None
    ) -> UUID | None:
        """Return the list that the task belongs in; a subtask is always in its parent's."""
        if parent_id is not None:
            parent_list_id = await self._check_parent(change, parent_id, task)
            if list_id is not None and list_id != parent_list_id:
                raise ValidationProblemError("/list_id", "A subtask is in its parent's list.")
            return parent_list_id
        if list_id is not None and await self._lists.find(change.user_id, list_id, change.session) is None:
            raise ValidationProblemError("/list_id", "There is no such list.")
        return list_id

    async def _check_parent(self, change: Change, parent_id: UUID, task: Document | None) -> UUID | None:
        parent = await self._tasks.find(change.user_id, parent_id, change.session)
        if parent is None:
            raise ValidationProblemError("/parent_id", "There is no such task.")
        if parent.get("parent_id") is not None or (task is not None and parent_id == task["_id"]):
            raise ValidationProblemError(
                "/parent_id", "Subtasks have one level: the parent must be a task of its own."
            )
        if task is not None and await self._tasks.find_subtasks(change, task["_id"], limit=1):
            raise ValidationProblemError("/parent_id", "A task with subtasks cannot become a subtask.")
        others = await self._tasks.count_subtasks(change, parent_id, None if task is None else task["_id"])
        if others >= MAX_SUBTASKS:
            raise ValidationProblemError("/parent_id", f"A task has at most {MAX_SUBTASKS} subtasks.")
        list_id: UUID | None = parent["list_id"]
        return list_id

    async def _find_home(self, change: Change, task: Document) -> Document:
        """Return list and parent for a restored task: as they were, or what is left of that."""
        parent_id, list_id = task.get("parent_id"), task["list_id"]
        if parent_id is not None:
            parent = await self._tasks.find(change.user_id, parent_id, change.session)
            if parent is not None and parent.get("parent_id") is None:
                if await self._tasks.count_subtasks(change, parent_id, task["_id"]) >= MAX_SUBTASKS:
                    raise QuotaExceededError(f"It finds no room: a task has at most {MAX_SUBTASKS} subtasks.")
                return {"list_id": parent["list_id"], "parent_id": parent_id}
        if list_id is not None and await self._lists.find(change.user_id, list_id, change.session) is None:
            list_id = None
        return {"list_id": list_id, "parent_id": None}

    async def _find_gap(self, change: Change, task: Document, list_id: UUID | None, after_id: UUID | None) -> str:
        """Return a position behind the other task, or on top; the task's own when it is there already."""
        if after_id is None:
            before = None
            following = await self._tasks.first_position_in_list(change.user_id, list_id, change.session)
        else:
            after = await self._tasks.find(change.user_id, after_id, change.session)
            if after is None or after["list_id"] != list_id or after_id == task["_id"]:
                raise ValidationProblemError("/after_id", "There is no such other task in that list.")
            before = str(after["position"])
            following = await self._tasks.next_position_in_list(change.user_id, after, change.session)
        is_there = following is not None and task["list_id"] == list_id and task["position"] == following
        return following if is_there and following is not None else position_between(before, following)


def _check(task: Document | None, if_match: IfMatch | None) -> Document:
    if task is None:
        raise TaskNotFoundError
    if if_match is not None:
        if_match.check(resource_etag(task["revision"]), represent_task(task))
    return task


def _stamp(change: Change, before: Document, after: Document) -> Document:
    stamped = with_changes(after, change.stamp())
    if any(after[field] != before[field] for field in ("position", "due_order", "priority")):
        stamped["order_revision"] = change.account.revision
    return stamped


def _merge(task: Document, patch: Mapping[str, Any]) -> TaskDraft:
    try:
        return TaskDraft.model_validate(apply_merge_patch(represent_editable(task), dict(patch)))
    except ValidationError as error:
        raise InvalidInputError.from_pydantic(error) from None
