"""Counts over all users, answered from indexes or from what the server counts anyway."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.core.ids import first_id
from app.data.accounts import SESSIONS, USERS
from app.data.database import Database

# The collection of tasks is another feature's; its size is all that is asked for.
_TASKS = "tasks"


class StatisticsRepository:
    """Counts. Every query goes to all shards; `UNTARGETED_OPERATIONS` says why it may."""

    def __init__(self, database: Database) -> None:
        self._users = database.collection(USERS.name)
        self._sessions = database.collection(SESSIONS.name)
        self._tasks = database.collection(_TASKS)

    async def count_documents_roughly(self) -> Mapping[str, int]:
        """Return how many users, sessions and tasks there are, by the shards' own count.

        It takes no time however many there are. Documents that are being moved between shards may count twice, and
        deleted ones (tasks in the trash, users who are being erased) count as long as they are kept.
        """
        users, sessions, tasks = await asyncio.gather(
            self._users.estimated_document_count(comment="count-all-users"),
            self._sessions.estimated_document_count(comment="count-all-sessions"),
            self._tasks.estimated_document_count(comment="count-all-tasks"),
        )
        return {"users": users, "sessions": sessions, "tasks": tasks}

    async def count_states(self) -> Mapping[str, int]:
        """Return how many administrators and how many disabled accounts there are."""
        admins, disabled = await asyncio.gather(
            self._count_users({"role": "admin", "deleted_at": None}, "admins"),
            self._count_users({"is_disabled": True, "deleted_at": None}, "disabled"),
        )
        return {"admins": admins, "disabled": disabled}

    async def count_new(self, since: datetime) -> int:
        """Return how many accounts were made since an instant, which their ids tell."""
        return await self._count_users({"_id": {"$gte": first_id(since)}}, "_id_")

    async def count_active(self, since: datetime) -> int:
        """Return how many users signed in or refreshed since an instant, to the hour."""
        return await self._count_users({"last_seen_at": {"$gte": since}}, "last_seen_at")

    async def _count_users(self, query: Mapping[str, Any], index: str) -> int:
        return await self._users.count_documents(query, hint=index, comment="count-users")
