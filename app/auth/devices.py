"""Which devices a user signs in from: known by what their browser calls itself, versions aside."""

import hashlib
import re
from uuid import UUID

from app.data.accounts import USERS
from app.data.database import Database, Session

# More than anybody has. They are read with every change of the user's, and so should not be more; the one that came
# first counts as new again.
_MAX_DEVICES = 20
# Of a million names, two are the same with a chance of one in 37 million; whoever forges one need not guess.
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

    async def is_known(self, user_id: UUID, device: bytes) -> bool:
        """Whether the user has signed in from a device before."""
        query = {"_id": user_id, "known_devices": device}
        return await self._users.find_one(query, {"_id": 1}) is not None

    async def remember(self, user_id: UUID, device: bytes, session: Session) -> bool:
        """Remember a device, and forget the one that came first if there are too many.

        Returns whether it is new beside others: neither known by now, nor the very first, nor that of an account that
        has ended.
        """
        before = await self._users.find_one_and_update(
            {"_id": user_id, "deleted_at": None, "known_devices": {"$ne": device}},
            {"$push": {"known_devices": {"$each": [device], "$slice": -_MAX_DEVICES}}},
            projection={"known_devices": 1},
            session=session,
        )
        return before is not None and bool(before.get("known_devices"))
