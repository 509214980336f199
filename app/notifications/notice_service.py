"""The notices of one user at a time: reading pages of them, and having read them."""

from collections.abc import Sequence
from uuid import UUID

from app.data.changes import Change, Changes
from app.notifications.notice_repository import NoticePlace, NoticeRepository
from app.notifications.notices import Notice

# People look whether there are some, and whether there are many; it bounds what a count costs.
UNREAD_LIMIT = 1_000
# What one change marks: some tens of milliseconds.
_READ_CHUNK = 1_000


class NoticeService:
    """Reads notices and marks them as read."""

    def __init__(self, changes: Changes, notices: NoticeRepository) -> None:
        self._changes = changes
        self._notices = notices

    async def get_page(
        self, user_id: UUID, limit: int, after: NoticePlace | None, *, is_unread_only: bool
    ) -> tuple[Sequence[Notice], NoticePlace | None]:
        """Return up to `limit` notices, the newest first, and where the next page begins, if there is one."""
        found = await self._notices.find_page(user_id, limit + 1, after, is_unread_only=is_unread_only)
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], NoticePlace(last.created_at, last.notice_id)

    async def count_unread(self, user_id: UUID) -> int:
        """Count what is unread, up to `UNREAD_LIMIT`."""
        return await self._notices.count_unread(user_id, UNREAD_LIMIT)

    async def mark_read(self, user_id: UUID, notice_ids: Sequence[UUID] | None) -> int:
        """Mark the named notices as read, or all, and return how many are left unread.

        What is read already, is gone or is somebody else's is passed over.
        """

        async def mark(change: Change) -> int:
            return await self._notices.mark_read(change, notice_ids, _READ_CHUNK)

        while await self._changes.run(user_id, mark) == _READ_CHUNK:
            pass
        return await self.count_unread(user_id)
