"""Remembers where a user's last task stands, for as long as the revision tells that nothing has changed since."""

from uuid import UUID

from app.data.changes import Change

# Users who added a task lately; about 200 bytes each.
_MAX_USERS = 10_000


class LastPositions:
    """Spares a query for each further task that somebody adds.

    What was remembered with a revision holds in the change that makes the next one: whoever had changed anything in
    between, in whichever process, would have made that revision.
    """

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[int, str]] = {}

    def recall(self, change: Change) -> str | None:
        """Return the last position as it is before this change, or None when that is not known."""
        revision, position = self._known.get(change.user_id, (None, None))
        return position if revision == change.account.revision - 1 else None

    def remember(self, change: Change, position: str) -> None:
        """Keep the last position as it is after this change, once the change is committed."""
        # Without the change, which holds what is to come after it.
        user_id, revision = change.user_id, change.account.revision
        change.after_commit(lambda: self._keep(user_id, revision, position))

    def _keep(self, user_id: UUID, revision: int, position: str) -> None:
        self._known.pop(user_id, None)
        if len(self._known) >= _MAX_USERS:
            del self._known[next(iter(self._known))]
        self._known[user_id] = (revision, position)
