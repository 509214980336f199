"""Lists in MongoDB: every method names the user first, and every query the user's shard."""

from uuid import UUID

from app.data.changes import Change
from app.data.database import Database, Document, Session
from app.tasks.collections import LISTS


class ListRepository:
    """Reads and writes list documents."""

    def __init__(self, database: Database) -> None:
        self._lists = database.collection(LISTS.name)

    async def find(self, user_id: UUID, list_id: UUID, session: Session | None = None) -> Document | None:
        """Return the list, or None when it does not exist, was deleted, or is somebody else's."""
        return await self._lists.find_one({"user_id": user_id, "_id": list_id, "deleted": False}, session=session)

    async def find_page(self, user_id: UUID, place: tuple[str, UUID] | None, limit: int) -> list[Document]:
        """Return up to `limit` lists after a (position, id), by position."""
        query: Document = {"user_id": user_id}
        if place is None:
            query["deleted"] = False
        else:
            position, list_id = place
            # Ranges of the index, as those of `app.tasks.query.Place`.
            query["$or"] = [
                {"deleted": False, "position": position, "_id": {"$gt": list_id}},
                {"deleted": False, "position": {"$gt": position}},
            ]
        order = [("position", 1), ("_id", 1)]
        return await self._lists.find(query, sort=order, limit=limit, batch_size=limit, hint="by_position").to_list(
            limit
        )

    async def find_names(self, user_id: UUID, session: Session | None = None) -> list[tuple[UUID, str]]:
        """Return ids and names of the lists that are not archived, by position."""
        lists = self._lists.find(
            {"user_id": user_id, "deleted": False},
            {"name": 1, "archived": 1},
            sort=[("position", 1), ("_id", 1)],
            hint="by_position",
            session=session,
        )
        # An account has a bounded number of them (`LIST_QUOTA`).
        return [(found["_id"], found["name"]) for found in await lists.to_list(None) if not found["archived"]]

    async def last_position(self, user_id: UUID, session: Session) -> str | None:
        """Return the last position of the user's lists."""
        document = await self._lists.find_one(
            {"user_id": user_id, "deleted": False},
            {"position": 1},
            sort=[("position", -1)],
            hint="by_position",
            session=session,
        )
        return None if document is None else document["position"]

    async def count(self, user_id: UUID, session: Session) -> int:
        """Count the lists that are not deleted."""
        return await self._lists.count_documents(
            {"user_id": user_id, "deleted": False}, hint="by_position", session=session
        )

    async def insert(self, change: Change, document: Document) -> None:
        """Add a new list."""
        await self._lists.insert_one(document, session=change.session)

    async def replace(self, change: Change, document: Document) -> None:
        """Write a list that was read in this change."""
        await self._lists.replace_one(
            {"user_id": change.user_id, "_id": document["_id"]}, document, session=change.session
        )

    async def find_changed(
        self, user_id: UUID, after: int, up_to: int, *, limit: int, with_deleted: bool
    ) -> list[Document]:
        """Return up to `limit` lists whose revision lies in `(after, up_to]`, by revision."""
        query: Document = {"user_id": user_id, "revision": {"$gt": after, "$lte": up_to}}
        if not with_deleted:
            query["deleted"] = False
        return await self._lists.find(
            query, sort=[("revision", 1), ("_id", 1)], limit=limit, batch_size=limit, hint="revision"
        ).to_list(None)

    async def erase_user(self, user_id: UUID) -> None:
        """Delete everything of a user."""
        await self._lists.delete_many({"user_id": user_id})
