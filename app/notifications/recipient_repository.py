"""Recipients: the accounts of those who are told, as they stand at the time."""

from uuid import UUID

from app.data.accounts import USERS
from app.data.database import Database
from app.notifications.channel import Recipient

_FIELDS = dict.fromkeys(("name", "email", "locale", "timezone", "is_disabled"), 1)


class RecipientRepository:
    """Reads accounts."""

    def __init__(self, database: Database) -> None:
        self._users = database.collection(USERS.name)

    async def find(self, user_id: UUID, address: str = "") -> Recipient | None:
        """Return who is told at an address, or None if the account is gone or disabled: nobody is told then."""
        document = await self._users.find_one({"_id": user_id, "deleted_at": None}, _FIELDS)
        if document is None or document["is_disabled"]:
            return None
        return Recipient(
            user_id=user_id,
            name=document["name"],
            email=document.get("email"),
            locale=document["locale"],
            timezone=document["timezone"],
            address=address,
        )
