"""The notification feature, put together."""

from dataclasses import dataclass

from app.data.store import Store
from app.notifications.collections import NOTIFICATION_SETTINGS, NOTIFICATIONS
from app.notifications.notice_repository import NoticeRepository
from app.notifications.notice_service import NoticeService
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.preference_service import PreferenceService

__all__ = ["NOTIFICATION_COLLECTIONS", "NotificationsModule", "build_notifications"]

NOTIFICATION_COLLECTIONS = (NOTIFICATIONS, NOTIFICATION_SETTINGS)


@dataclass(frozen=True, slots=True)
class NotificationsModule:
    """The services behind the routes."""

    notices: NoticeService
    preferences: PreferenceService


def build_notifications(store: Store) -> NotificationsModule:
    """Build the feature over the data layer."""
    changes = store.changes.of_content()
    return NotificationsModule(
        notices=NoticeService(changes, NoticeRepository(store.database)),
        preferences=PreferenceService(changes, PreferenceRepository(store.database)),
    )
