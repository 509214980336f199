"""Which devices a user signs in from: known by what their browser calls itself, versions aside."""

import hashlib
import re
from collections.abc import Sequence
from uuid import UUID

from app.data.accounts import USERS
from app.data.database import Database, Session

# More than anybody has; one that was not used for so many others counts as new again.
_MAX_DEVICES = 50
# Of millions of names two are the same with a chance of one in a million; whoever forges one need not guess.
_NAME_BYTES = 8

# A browser that brings itself up to date is no new device.
_VERSIONS = re.compile(r"[\d._]+", re.ASCII)


def name_device(user_agent: str) -> bytes:
    """Return the short name under which a device is remembered."""
    return hashlib.sha256(_VERSIONS.sub("", user_agent).encode()).digest()[:_NAME_BYTES]


class DeviceRepository:
    """Remembers devices in the user's document."""

    def __init__(self, database: Database) -> None:
        self._users = database.collection(USERS.name)

    async def list_known(self, user_id: UUID, session: Session | None = None) -> Sequence[bytes]:
        """Return the names of the user's devices; none before the first sign-in."""
        document = await self._users.find_one({"_id": user_id}, {"known_devices": 1}, session=session)
        return [] if document is None else document.get("known_devices", [])

    async def remember(self, user_id: UUID, device: bytes, session: Session) -> None:
        """Remember a device that was not known, and forget the one that came first if there are too many."""
        await self._users.update_one(
            {"_id": user_id},
            {"$push": {"known_devices": {"$each": [device], "$slice": -_MAX_DEVICES}}},
            session=session,
        )
