"""The routers of this feature."""

from collections.abc import Sequence

from fastapi import APIRouter

from app.notifications.outbox_router import router as outbox_router


def build_routers() -> Sequence[APIRouter]:
    """Return every router in the order in which they are tried."""
    return (outbox_router,)
