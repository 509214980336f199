"""Preferences in MongoDB: one document a user, made when the user first chooses."""

from datetime import time
from uuid import UUID

from app.data.changes import Change
from app.data.database import Database, Document, Session
from app.notifications.collections import NOTIFICATION_SETTINGS
from app.notifications.kinds import CHANNELS, CHOSEN_KINDS, DEFAULT_CHANNELS, ChannelName
from app.notifications.preferences import Preferences
from app.notifications.quiet_hours import QuietHours


class PreferenceRepository:
    """Reads and writes preferences."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection(NOTIFICATION_SETTINGS.name)

    async def find(self, user_id: UUID, session: Session | None = None) -> Preferences:
        """Return what the user has chosen, or what holds for those who never chose."""
        document = await self._collection.find_one({"_id": user_id, "user_id": user_id}, session=session)
        return Preferences() if document is None else _read(document)

    async def save(self, change: Change, preferences: Preferences) -> None:
        """Write preferences within the change that stamps them."""
        key = {"_id": change.user_id, "user_id": change.user_id}
        document = {**key, **_to_fields(preferences), **change.stamp()}
        await self._collection.replace_one(key, document, upsert=True, session=change.session)

    async def add_unsubscribe_key(self, change: Change, key: bytes) -> None:
        """Give a user a key. Nothing is chosen by that, so that the revision of the choice stays what it was."""
        await self._collection.update_one(
            {"_id": change.user_id, "user_id": change.user_id},
            {"$set": {"unsubscribe_key": key}, "$setOnInsert": {"channels": {}, "revision": 0}},
            upsert=True,
            session=change.session,
        )

    async def erase_user(self, user_id: UUID) -> None:
        """Delete what a user has chosen."""
        await self._collection.delete_one({"_id": user_id, "user_id": user_id})


def _read(document: Document) -> Preferences:
    quiet_hours, digest_at = document.get("quiet_hours"), document.get("digest_at")
    return Preferences(
        # A kind that is younger than the choice is told as it is to those who never chose.
        chosen={
            kind: _read_channels(document["channels"][kind])
            if kind in document["channels"]
            else DEFAULT_CHANNELS[kind]
            for kind in CHOSEN_KINDS
        },
        quiet_hours=None
        if quiet_hours is None
        else QuietHours(time.fromisoformat(quiet_hours["start"]), time.fromisoformat(quiet_hours["end"])),
        digest_at=None if digest_at is None else time.fromisoformat(digest_at),
        revision=document["revision"],
        unsubscribe_key=document.get("unsubscribe_key"),
    )


def _read_channels(names: list[str]) -> frozenset[ChannelName]:
    return frozenset(channel for channel in CHANNELS if channel in names)


def _to_fields(preferences: Preferences) -> Document:
    quiet_hours, digest_at = preferences.quiet_hours, preferences.digest_at
    fields: Document = {
        "channels": {kind: sorted(channels) for kind, channels in preferences.chosen.items()},
        "quiet_hours": quiet_hours
        and {"start": quiet_hours.start.isoformat("minutes"), "end": quiet_hours.end.isoformat("minutes")},
        "digest_at": digest_at and digest_at.isoformat("minutes"),
        "unsubscribe_key": preferences.unsubscribe_key,
    }
    return {name: value for name, value in fields.items() if value is not None}
