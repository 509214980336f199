"""Locks: documents that transactions write in order to happen one after another."""

from app.data.collections import CollectionSpec
from app.data.database import Database, Session

# A handful of documents, each under the name of what it serialises.
LOCKS = CollectionSpec(name="locks", shard_key=None)


class Locks:
    """Serialises transactions that decide by what they read, of which no document of their own tells the others."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(LOCKS.name)

    async def take(self, name: str, session: Session) -> None:
        """Hold the lock until the transaction ends.

        Of two transactions that take it at the same time one meets a conflict and is run again, on what the other one
        has left. What is decided upon is therefore to be read in the same transaction.
        """
        await self._collection.update_one({"_id": name}, {"$inc": {"taken": 1}}, upsert=True, session=session)
