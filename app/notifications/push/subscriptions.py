"""Subscriptions: the browsers that a user is reached in, each for as long as the session that subscribed it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from app.data.database import Document
from app.data.outbox import derive_id
from app.notifications.push.encryption import BrowserKeys


@dataclass(frozen=True, slots=True)
class Subscription:
    """One browser. `ends_at` is the instant after which no renewal keeps its session alive.

    `application_server_key` is the public key of ours that it was made for, as far as we know: the present one when
    its endpoint was first handed over. None where it was not yet kept.
    """

    user_id: UUID
    session_id: UUID
    endpoint: str
    keys: BrowserKeys
    user_agent: str
    created_at: datetime
    ends_at: datetime
    application_server_key: str | None

    @property
    def subscription_id(self) -> UUID:
        """The id: the same for the same endpoint of the same user, so that there is never a second one."""
        return derive_id(self.user_id, "push-subscription", self.endpoint, "")

    def is_outdated_by(self, public_key: str) -> bool:
        """Return whether it is known to be of another key than the present one, under which nothing reaches it."""
        return self.application_server_key not in {None, public_key}

    def to_document(self) -> Document:
        """Return the `push_subscriptions` document."""
        return {
            "_id": self.subscription_id,
            "user_id": self.user_id,
            "session_id": self.session_id,
            "endpoint": self.endpoint,
            "p256dh": self.keys.p256dh,
            "auth": self.keys.auth,
            "user_agent": self.user_agent,
            "created_at": self.created_at,
            "ends_at": self.ends_at,
            "application_server_key": self.application_server_key,
        }

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Read a `push_subscriptions` document."""
        return cls(
            user_id=document["user_id"],
            session_id=document["session_id"],
            endpoint=document["endpoint"],
            keys=BrowserKeys(document["p256dh"], document["auth"]),
            user_agent=document["user_agent"],
            created_at=document["created_at"],
            ends_at=document["ends_at"],
            application_server_key=document.get("application_server_key"),
        )
