"""All routes of the task feature, the literal paths ahead of those with a parameter."""

from fastapi import APIRouter

from app.api.paths import API_PREFIX
from app.tasks import (
    calendar_router,
    common_task_router,
    events_router,
    export_router,
    import_router,
    list_router,
    occurrence_router,
    overview_router,
    quick_add_router,
    task_router,
)

__all__ = ["IMPORT_PATH", "build_routers", "feed_router"]

# Read at the root.
feed_router = calendar_router.feed_router
# The one route that takes more than other requests may hold, and longer to arrive.
IMPORT_PATH = f"{API_PREFIX}/me/import"


def build_routers() -> tuple[APIRouter, ...]:
    """Return the routers to mount under the API's prefix."""
    return (
        overview_router.router,
        quick_add_router.router,
        task_router.router,
        occurrence_router.router,
        list_router.router,
        events_router.router,
        common_task_router.router,
        common_task_router.admin_router,
        calendar_router.router,
        export_router.router,
        import_router.router,
        import_router.upload_router,
    )
