"""Notices of users who are signed in, without a worker."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from app.data.changes import Change
from app.data.store import Store
from app.notifications.notice_repository import NoticeRepository
from app.notifications.notices import Notice


async def user_id_of(client: httpx.AsyncClient) -> UUID:
    """Return who is signed in."""
    return UUID((await client.get("/api/v1/me")).json()["id"])


async def notify(app: FastAPI, client: httpx.AsyncClient, *titles: str, task_id: UUID | None = None) -> list[UUID]:
    """Tell a user something within the app, as one change of now, and return the ids."""
    now = app.state.store.clock.now()
    kind = "welcome" if task_id is None else "reminder"
    notices = [Notice(uuid4(), kind, title, f"About {title}", task_id, created_at=now) for title in titles]
    await insert_notices(app, client, notices)
    return [notice.notice_id for notice in notices]


async def insert_notices(app: FastAPI, client: httpx.AsyncClient, notices: Sequence[Notice]) -> None:
    """Insert notices of a user in one change."""
    store: Store = app.state.store
    repository = NoticeRepository(store.database)

    async def insert(change: Change) -> None:
        for notice in notices:
            await repository.insert(change, notice)

    await store.changes.of_content().run(await user_id_of(client), insert)
