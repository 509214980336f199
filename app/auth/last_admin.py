"""The last administrator: there is always one, so that nobody is locked out of the administration."""

from uuid import UUID

from app.auth.admin_repository import AdminRepository
from app.auth.errors import LastAdminError
from app.data.database import Database, Session
from app.data.locks import Locks

_LOCK = "administrators"


class LastAdmin:
    """Keeps the last one."""

    def __init__(self, database: Database) -> None:
        self._repository = AdminRepository(database)
        self._locks = Locks(database)

    async def require_another(self, user_id: UUID, session: Session) -> None:
        """Let the transaction take a user's administration away. Raises `LastAdminError` if there is nobody else's.

        Two who take each other's away at the same moment write two users, and each would find the other one still
        there; therefore the lock.
        """
        await self._locks.take(_LOCK, session)
        if not await self._repository.has_other_acting_admin(user_id, session):
            raise LastAdminError
