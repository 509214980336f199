"""All routes of the notification feature."""

from fastapi import APIRouter

from app.notifications import notice_router, outbox_router, preference_router

__all__ = ["build_routers"]


def build_routers() -> tuple[APIRouter, ...]:
    """Return the routers to mount under the API's prefix."""
    return (notice_router.router, preference_router.router, outbox_router.router)
