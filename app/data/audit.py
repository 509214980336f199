"""The audit: what administrators did, written in the transaction of the act and never changed afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from app.core.clock import Clock
from app.core.errors import UnauthenticatedError
from app.core.ids import new_id
from app.data.accounts import USERS
from app.data.collections import CollectionSpec, Index
from app.data.database import Database, Document, Session

ActorKind = Literal["user", "cli", "setting"]

# Not sharded, because the acts of a few people are few and are read across all of them, the newest first
# (docs/decisions/0026-administration-and-its-audit.md). Each index serves one filter in that order.
AUDIT = CollectionSpec(
    name="audit",
    shard_key=None,
    indexes=(
        Index("by_action", [("action", 1), ("_id", -1)]),
        Index("by_actor", [("actor.id", 1), ("_id", -1)]),
        Index("by_subject", [("subject.id", 1), ("_id", -1)]),
    ),
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and in which request.

    A user is told by `user_id`. `name` is whom the operating system knows who typed a command (`cli`), or the
    variable of a setting that makes an act happen (`setting`).
    """

    kind: ActorKind
    user_id: UUID | None = None
    name: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What is acted upon: its kind (such as `user`), its id and, of a user, the address at that time."""

    kind: str
    subject_id: UUID
    email: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. `action` is a stable slug such as `user.role-changed`; `before` and `after` hold BSON values."""

    actor: Actor
    action: str
    subject: Subject
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries; what is None does not count."""

    action: str | None = None
    actor_id: UUID | None = None
    subject_id: UUID | None = None

    def to_filter(self) -> Document:
        """Return the filter of a query."""
        wanted = {"action": self.action, "actor.id": self.actor_id, "subject.id": self.subject_id}
        return {name: value for name, value in wanted.items() if value is not None}

    @property
    def index(self) -> str:
        """The index that serves it: that of the condition which leaves the fewest entries, as a rule."""
        if self.subject_id is not None:
            return "by_subject"
        if self.actor_id is not None:
            return "by_actor"
        return "_id_" if self.action is None else "by_action"


class ActorGoneError(UnauthenticatedError):
    """Who acts has no account any more, so that no entry could tell who it was."""

    def __init__(self) -> None:
        super().__init__("The account does not exist any more.", error="invalid_token")


class AuditLog:
    """Inserts entries and reads them; nothing here changes or removes one."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._collection = database.collection(AUDIT.name)
        self._users = database.collection(USERS.name)
        self._clock = clock

    async def append(self, entry: AuditEntry, session: Session) -> None:
        """Write an entry within the transaction of the act, so that there is never one without the other.

        Raises `ActorGoneError`, which undoes the act, when the account of whoever acts has been erased meanwhile.
        """
        now = self._clock.now()
        await self._collection.insert_one(
            {
                "_id": new_id(now),
                "at": now,
                "actor": await self._describe(entry.actor),
                "action": entry.action,
                "subject": {
                    "kind": entry.subject.kind,
                    "id": entry.subject.subject_id,
                    "email": entry.subject.email,
                },
                "details": {
                    "before": None if entry.before is None else dict(entry.before),
                    "after": None if entry.after is None else dict(entry.after),
                },
                "request_id": entry.actor.request_id,
            },
            session=session,
        )

    async def find_page(self, query: AuditQuery, before_id: UUID | None, limit: int) -> Sequence[Document]:
        """Return up to `limit` entries, the newest first, that are older than `before_id`."""
        conditions = query.to_filter()
        if before_id is not None:
            conditions["_id"] = {"$lt": before_id}
        found = self._collection.find(conditions, sort=[("_id", -1)], limit=limit, hint=query.index)
        return await found.to_list(limit)

    async def _describe(self, actor: Actor) -> Document:
        """Return what is kept of an actor: of a user, name and address as they are now, for accounts come and go.

        They are read outside of the transaction, which stays with the user whom it is about.
        """
        if actor.user_id is None:
            return {"kind": actor.kind, "id": None, "name": actor.name, "email": None}
        user = await self._users.find_one({"_id": actor.user_id, "deleted_at": None}, {"email": 1, "name": 1})
        if user is None:
            raise ActorGoneError
        return {"kind": actor.kind, "id": actor.user_id, "name": user["name"], "email": user.get("email")}
