"""Notices: what a user is told within the app."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from app.data.database import Document
from app.notifications.kinds import Kind


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. `notice_id` is derived from its occasion, so that a repeat is known; `revision` is the user's."""

    notice_id: UUID
    kind: Kind
    title: str
    body: str
    task_id: UUID | None
    created_at: datetime
    read_at: datetime | None = None
    revision: int = 0

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Read a `notifications` document."""
        return cls(
            notice_id=document["_id"],
            kind=document["kind"],
            title=document["title"],
            body=document["body"],
            task_id=document.get("task_id"),
            created_at=document["created_at"],
            read_at=document.get("read_at"),
            revision=document["revision"],
        )

    def to_document(self) -> Document:
        """Return what a new one holds beside its owner and stamp; `is_unread` is there only while it is true."""
        document: Document = {
            "_id": self.notice_id,
            "kind": self.kind,
            "title": self.title,
            "body": self.body,
            "created_at": self.created_at,
            "is_unread": True,
        }
        return document if self.task_id is None else document | {"task_id": self.task_id}
