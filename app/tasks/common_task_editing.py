"""Changing the common tasks: each method is one act of an administrator, in one transaction with its audit."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from app.api.preconditions import IfMatch, resource_etag
from app.core.ids import new_id
from app.data.audit import Actor, AuditEntry, AuditLog, Subject
from app.data.changes import Recorder
from app.data.database import Document, Session
from app.data.store import Store
from app.tasks.common_task_documents import (
    CommonTaskNotFoundError,
    describe_change,
    merge_common_task,
    represent_common_task,
)
from app.tasks.common_task_repository import CommonTaskRepository
from app.tasks.common_task_schemas import CommonTaskDraft
from app.tasks.common_task_service import COMMON_TASK_QUOTA, CommonTasks
from app.tasks.errors import QuotaExceededError
from app.tasks.position import position_between

Result = TypeVar("Result")


class CommonTaskEditor:
    """Changes the catalogue. Raises `CommonTaskNotFoundError` for what is not in it."""

    def __init__(
        self, store: Store, common_tasks: CommonTaskRepository, catalogue: CommonTasks, audit: AuditLog
    ) -> None:
        self._store = store
        self._common_tasks = common_tasks
        self._catalogue = catalogue
        self._audit = audit

    async def create(
        self, actor: Actor, draft: CommonTaskDraft, recorder: Recorder[Document] | None = None
    ) -> Document:
        """Add one behind all others. Raises `QuotaExceededError`."""

        async def create(session: Session) -> Document:
            revision, count = await self._common_tasks.count_change(session, more=1)
            if count > COMMON_TASK_QUOTA:
                raise QuotaExceededError(f"There are at most {COMMON_TASK_QUOTA} common tasks.")
            now = self._store.clock.now()
            document = {
                "_id": new_id(now),
                **draft.model_dump(),
                "position": position_between(await self._common_tasks.last_position(session), None),
                "created_at": now,
                "updated_at": now,
                "revision": revision,
            }
            await self._common_tasks.insert(document, session)
            await self._note(actor, "created", session, None, document)
            if recorder is not None:
                await recorder.record(session, document)
            return document

        return await self._change(create)

    async def update(
        self, actor: Actor, common_task_id: UUID, patch: Mapping[str, Any], if_match: IfMatch
    ) -> Document:
        """Apply a merge patch. Raises `PreconditionFailedError` or `InvalidInputError`."""

        async def update(session: Session) -> Document:
            document = await self._find(common_task_id, if_match, session)
            changed = merge_common_task(document, patch)
            if changed == document:
                return document
            revision, _ = await self._common_tasks.count_change(session)
            changed |= {"updated_at": self._store.clock.now(), "revision": revision}
            await self._common_tasks.replace(changed, session)
            await self._note(actor, "updated", session, document, changed)
            return changed

        return await self._change(update)

    async def delete(self, actor: Actor, common_task_id: UUID, if_match: IfMatch) -> None:
        """Delete one. Raises `PreconditionFailedError`."""

        async def delete(session: Session) -> None:
            document = await self._find(common_task_id, if_match, session)
            await self._common_tasks.count_change(session, more=-1)
            await self._common_tasks.delete(common_task_id, session)
            await self._note(actor, "deleted", session, document, None)

        await self._change(delete)

    async def _change(self, body: Callable[[Session], Awaitable[Result]]) -> Result:
        """Run a change in a transaction; whatever became of it, the catalogue is read anew afterwards."""
        return await self._store.transactions.complete(self._run(body))

    async def _run(self, body: Callable[[Session], Awaitable[Result]]) -> Result:
        try:
            return await self._store.transactions.run_unshielded(body)
        finally:
            await self._catalogue.forget()

    async def _find(self, common_task_id: UUID, if_match: IfMatch, session: Session) -> Document:
        document = await self._common_tasks.find(common_task_id, session)
        if document is None:
            raise CommonTaskNotFoundError
        if_match.check(resource_etag(document["revision"]), represent_common_task(document))
        return document

    async def _note(
        self, actor: Actor, what: str, session: Session, before: Document | None, after: Document | None
    ) -> None:
        subject = Subject("common-task", (before or after or {})["_id"])
        entry = AuditEntry(actor, f"common-task.{what}", subject, *describe_change(before, after))
        await self._audit.append(entry, session)
