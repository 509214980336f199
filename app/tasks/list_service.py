"""The list service: lists, and what deleting one does to its tasks."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app.api.merge_patch import apply_merge_patch
from app.api.preconditions import IfMatch, resource_etag
from app.api.problems import InvalidInputError
from app.core.ids import new_id
from app.data.changes import Change, Changes, Recorder
from app.data.database import Document
from app.tasks.errors import ListNotFoundError, QuotaExceededError
from app.tasks.list_repository import ListRepository
from app.tasks.operations import TaskOperations
from app.tasks.position import position_between
from app.tasks.representation import represent_list
from app.tasks.schemas import ListDraft, ListPatch
from app.tasks.task_repository import TaskRepository

# More lists than anybody oversees; it bounds what one page of the sidebar costs.
LIST_QUOTA = 1_000
# What one transaction writes well within its deadline on a slow disk, with five reminders each; larger lists are
# deleted in several.
_TRASH_CHUNK = 1_000


class ListService:
    """Lists of one user at a time. Raises `ListNotFoundError` for what is not there or not theirs."""

    def __init__(
        self, changes: Changes, operations: TaskOperations, lists: ListRepository, tasks: TaskRepository
    ) -> None:
        self._changes = changes
        self._operations = operations
        self._lists = lists
        self._tasks = tasks

    async def create(self, user_id: UUID, draft: ListDraft, recorder: Recorder[Document] | None = None) -> Document:
        """Add a list behind all others. Raises `QuotaExceededError`."""

        async def create(change: Change) -> Document:
            if await self._lists.count(user_id, change.session) >= LIST_QUOTA:
                raise QuotaExceededError(f"An account holds at most {LIST_QUOTA} lists.")
            last = await self._lists.last_position(user_id, change.session)
            document = {
                "_id": new_id(change.at),
                "user_id": user_id,
                **draft.model_dump(),
                "position": position_between(last, None),
                "created_at": change.at,
                "deleted": False,
                **change.stamp(),
            }
            await self._lists.insert(change, document)
            return document

        return await self._changes.run(user_id, create, recorder)

    async def get(self, user_id: UUID, list_id: UUID) -> Document:
        """Return a list."""
        document = await self._lists.find(user_id, list_id)
        if document is None:
            raise ListNotFoundError
        return document

    async def get_page(
        self, user_id: UUID, place: tuple[str, UUID] | None, limit: int
    ) -> tuple[Sequence[Document], tuple[str, UUID] | None]:
        """Return up to `limit` lists by position, and where the next page begins, if there is one."""
        lists = await self._lists.find_page(user_id, place, limit + 1)
        if len(lists) <= limit:
            return lists, None
        last = lists[limit - 1]
        return lists[:limit], (last["position"], last["_id"])

    async def update(self, user_id: UUID, list_id: UUID, patch: Mapping[str, Any], if_match: IfMatch) -> Document:
        """Apply a merge patch. Raises `PreconditionFailedError` or `InvalidInputError`."""

        async def update(change: Change) -> Document:
            document = await self._find(change, list_id, if_match)
            changed = document | _merge(document, patch)
            if changed == document:
                return document
            changed |= change.stamp()
            await self._lists.replace(change, changed)
            return changed

        return await self._changes.run(user_id, update)

    async def delete(self, user_id: UUID, list_id: UUID, if_match: IfMatch) -> None:
        """Delete a list and move its tasks to the trash. Raises `PreconditionFailedError`."""

        async def delete_or_shrink(change: Change) -> bool:
            document = await self._find(change, list_id, if_match)
            tasks = await self._tasks.find_in_list(user_id, list_id, change.session, _TRASH_CHUNK)
            if tasks:
                await self._operations.trash(change, tasks, root_id=list_id)
            if len(tasks) == _TRASH_CHUNK:
                return False
            deletion = {"deleted": True, "deleted_at": change.at, **change.stamp()}
            await self._lists.replace(change, document | deletion)
            return True

        while not await self._changes.run(user_id, delete_or_shrink):
            pass

    async def _find(self, change: Change, list_id: UUID, if_match: IfMatch) -> Document:
        document = await self._lists.find(change.user_id, list_id, change.session)
        if document is None:
            raise ListNotFoundError
        if_match.check(resource_etag(document["revision"]), represent_list(document))
        return document


def _merge(document: Document, patch: Mapping[str, Any]) -> Document:
    editable = {name: document[name] for name in ListPatch.model_fields}
    merged = apply_merge_patch(editable, dict(patch))
    position = merged.pop("position", document["position"])
    try:
        draft = ListDraft.model_validate(merged)
    except ValidationError as error:
        raise InvalidInputError.from_pydantic(error) from None
    return {**draft.model_dump(), "position": position}
