"""What becomes of a user's notifications when the account ends; asked for through the composition root."""

from uuid import UUID

from app.data.database import Database
from app.notifications.notice_repository import NoticeRepository
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.push.repository import SubscriptionRepository


class NotificationErasure:
    """Erases. It needs the database alone, and so is at hand in every process."""

    def __init__(self, database: Database) -> None:
        self._notices = NoticeRepository(database)
        self._preferences = PreferenceRepository(database)
        self._subscriptions = SubscriptionRepository(database)

    async def erase_user(self, user_id: UUID) -> None:
        """Delete everything that this feature holds of a user; may be done again after an interruption."""
        await self._notices.erase_user(user_id)
        await self._preferences.erase_user(user_id)
        await self._subscriptions.erase_user(user_id)
