"""Delta synchronisation: what carries a revision above the one that the client knows."""

from dataclasses import dataclass
from uuid import UUID

from app.data.changes import Changes
from app.data.database import Document
from app.tasks.list_repository import ListRepository
from app.tasks.task_repository import TaskRepository


@dataclass(frozen=True, slots=True)
class Delta:
    """Documents changed after the client's revision, up to `revision`, tombstones among them."""

    revision: int
    has_more: bool
    is_reset: bool
    tasks: list[Document]
    lists: list[Document]


class SyncService:
    """Answers `GET /sync`."""

    def __init__(self, changes: Changes, tasks: TaskRepository, lists: ListRepository) -> None:
        self._changes = changes
        self._tasks = tasks
        self._lists = lists

    async def get_delta(self, user_id: UUID, since: int, limit: int) -> Delta:
        """Return about `limit` documents: as many whole revisions as fit, at least one.

        A client that is older than the tombstones kept, or from a future that was never, begins anew. A walk
        that began from nothing cannot have missed a deletion; while it is still below the kept tombstones its
        `since` is negative, which tells it from a client that was last here then.
        """
        current, floor = await self._changes.sync_state(user_id)
        is_reset = since > current or 0 < since < floor or -since > current
        is_fresh = is_reset or since <= 0
        after = 0 if is_reset else abs(since)
        # Beyond the current revision nothing is told: it belongs to a later answer, as a whole.
        tasks, lists, revision = await self._read(user_id, after, current, limit)
        answered = -revision if is_fresh and revision < floor else revision
        return Delta(answered, revision < current, is_reset, tasks, lists)

    async def _read(
        self, user_id: UUID, after: int, current: int, limit: int
    ) -> tuple[list[Document], list[Document], int]:
        """Return what there is to tell, and the revision up to which that is all of it."""
        # One more than the limit of each tells whether the next revision is whole.
        with_deleted = after > 0
        tasks = await self._tasks.find_changed(user_id, after, current, limit=limit + 1, with_deleted=with_deleted)
        lists = await self._lists.find_changed(user_id, after, current, limit=limit + 1, with_deleted=with_deleted)
        revisions = sorted(document["revision"] for document in (*tasks, *lists))
        if len(revisions) <= limit:
            return tasks, lists, current
        last = _last_whole_revision(revisions, limit)
        if last is None:
            # The first revision alone is larger than the page; it is told whole all the same.
            last = revisions[0]
            tasks = await self._tasks.find_changed(user_id, after, last, limit=0, with_deleted=with_deleted)
            lists = await self._lists.find_changed(user_id, after, last, limit=0, with_deleted=with_deleted)
        return (
            [task for task in tasks if task["revision"] <= last],
            [document for document in lists if document["revision"] <= last],
            last,
        )


def _last_whole_revision(revisions: list[int], limit: int) -> int | None:
    """Return the last of the first `limit` sorted revisions that does not go on behind them."""
    beyond = revisions[limit]
    return next((revision for revision in reversed(revisions[:limit]) if revision < beyond), None)
