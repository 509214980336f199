"""What `GET /tasks` may ask for, and how that becomes one MongoDB query that an index answers."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.api.pagination import InvalidCursorError
from app.api.schemas import parse_id, parse_instant
from app.core.clock import format_instant
from app.data.database import Document
from app.tasks.collections import SORT_FIELDS, SORT_INDEXES, home_of
from app.tasks.due import NEVER

Status = Literal["todo", "in_progress", "done"]
STATUSES: tuple[Status, ...] = ("todo", "in_progress", "done")

_INSTANT_FIELDS = frozenset({"due_order", "created_at", "updated_at"})


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks in which order; None means "any"."""

    sort: str = "position"
    is_descending: bool = False
    statuses: Sequence[Status] = STATUSES
    list_id: UUID | Literal["inbox"] | None = None
    parent_id: UUID | None = None
    label: str | None = None
    priority_min: int = 0
    due_after: datetime | None = None
    due_before: datetime | None = None
    search: str | None = None
    is_deleted: bool = False

    @property
    def sort_field(self) -> str:
        """The stored field that holds the sort key."""
        return SORT_FIELDS[self.sort]

    @property
    def order(self) -> list[tuple[str, int]]:
        """The sort of the query, the id breaking ties."""
        direction = -1 if self.is_descending else 1
        return [(self.sort_field, direction), ("_id", direction)]

    @property
    def index_name(self) -> str | None:
        """The index that serves the query, named so that no planner has to guess; a text search names its own."""
        if self.search is not None:
            return None
        if self.sort == "position":
            if self.label is not None:
                return "label_by_position"
            if self.parent_id is not None:
                return "parent_by_position"
            if self.list_id is not None:
                return "list_by_position"
        return SORT_INDEXES[self.sort]

    def to_filter(self, user_id: UUID, place: "Place | None") -> Document:
        """Return the query document for the page that begins after `place`."""
        document: Document = {"user_id": user_id, **self._selection(user_id)}
        if self.search is not None:
            document |= {"$text": {"$search": _to_text_search(self.search)}, "deleted": self.is_deleted}
        # Each status is one walk of the index in the order asked for; MongoDB merges the walks.
        statuses = sorted(set(self.statuses))
        if place is not None:
            return document | place.to_filter(self, statuses)
        if self.search is not None or self.sort == "position" or len(statuses) == 1:
            return document | {"deleted": self.is_deleted, "status": {"$in": statuses}}
        # In an index with several entries for a task, one for each label, the walks are only seen if spelled out.
        return document | {"$or": [{"deleted": self.is_deleted, "status": status} for status in statuses]}

    def _selection(self, user_id: UUID) -> Document:
        selection: Document = {}
        if self.list_id is not None:
            selection["home"] = home_of(user_id, None if self.list_id == "inbox" else self.list_id)
        if self.parent_id is not None:
            selection["parent_id"] = self.parent_id
        if self.label is not None:
            selection["labels"] = self.label
        if self.priority_min > 0:
            selection["priority"] = {"$gte": self.priority_min}
        if self.due_after is not None or self.due_before is not None:
            selection["due_order"] = {"$lt": min(self.due_before or NEVER, NEVER)}
            if self.due_after is not None:
                selection["due_order"]["$gte"] = self.due_after
        return selection


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the sort key and id of its last task, and the revision at which the walk began."""

    walk_revision: int
    sort_value: Any
    task_id: UUID

    def to_filter(self, query: TaskQuery, statuses: Sequence[Status]) -> Document:
        """Return the conditions for what comes after this place: ties with a later id, and what lies beyond.

        Spelled out for each status, with `deleted` that leads the indexes, they are ranges of the index and leave
        MongoDB no choice; in shorter forms it may sort, or walk from the first page on
        (docs/decisions/0007-keyset-pages-per-status.md).
        """
        beyond = "$lt" if query.is_descending else "$gt"
        field = query.sort_field
        branches: list[Document] = []
        for status in statuses:
            walk = {"deleted": query.is_deleted, "status": status}
            branches.append({**walk, field: self.sort_value, "_id": {beyond: self.task_id}})
            branches.append({**walk, field: {beyond: self.sort_value}})
        conditions: Document = {"$or": branches}
        # A task that was moved while the pages are walked may have been seen at its old place.
        if query.sort == "updated":
            conditions["revision"] = {"$lte": self.walk_revision}
        elif query.sort != "created":
            conditions["order_revision"] = {"$not": {"$gt": self.walk_revision}}
        return conditions

    def to_key(self) -> list[Any]:
        """Return the JSON values that a cursor holds."""
        value = self.sort_value
        return [
            self.walk_revision,
            format_instant(value) if isinstance(value, datetime) else value,
            str(self.task_id),
        ]

    @classmethod
    def from_key(cls, key: list[Any], query: TaskQuery) -> "Place":
        """Read a cursor's values. Raises `InvalidCursorError`."""
        try:
            walk_revision, value, task_id = key
            if query.sort_field in _INSTANT_FIELDS:
                value = parse_instant(value)
            expected = int if query.sort == "priority" else str if query.sort == "position" else datetime
            if type(walk_revision) is not int or not isinstance(value, expected):
                raise TypeError
            return cls(walk_revision, value, parse_id(task_id))
        except (TypeError, ValueError):
            raise InvalidCursorError("The cursor is not one of ours.") from None


def _to_text_search(text: str) -> str:
    """Quote every word, so that all of them must occur and no character has a meaning of its own."""
    words = map(_trim, text.replace('"', " ").replace("\\", " ").split())
    return " ".join(f'"{word}"' for word in words if word)


def _trim(word: str) -> str:
    """Return the word without the punctuation around it, which a quoted word would have to occur with."""
    inner = [index for index, character in enumerate(word) if unicodedata.category(character)[0] in "LMN"]
    return word[inner[0] : inner[-1] + 1] if inner else ""
