"""The collections of this feature: shard keys and indexes, each index made for one kind of query."""

from app.data.changes import TOMBSTONE_LIFETIME
from app.data.collections import CollectionSpec, Index, IndexDirection

# Every sort of `GET /tasks` by the field that holds its key. Undated tasks have `NEVER` as their `due_order`.
SORT_FIELDS = {
    "position": "position",
    "due": "due_order",
    "priority": "priority",
    "created": "created_at",
    "updated": "updated_at",
}

_FILTERED = ("list_id", "parent_id", "priority", "due_order")


def _listing(name: str, sort_field: str, *selectors: str, **options: object) -> Index:
    """An index for pages in one order: equality fields, status, sort key, and behind it what else is filtered.

    With the filtered fields in the index, only documents that belong to the answer are fetched.
    """
    leading = ("user_id", "deleted", *selectors, "status", sort_field, "_id")
    trailing = tuple(field for field in _FILTERED if field not in leading)
    keys: list[tuple[str, IndexDirection]] = [(field, 1) for field in (*leading, *trailing)]
    return Index(name, keys, **options)  # type: ignore[arg-type]


TASKS = CollectionSpec(
    name="tasks",
    shard_key="user_id",
    indexes=(
        *(_listing(f"by_{sort}", field) for sort, field in SORT_FIELDS.items()),
        # `labels` is missing where there are none, which keeps most tasks out of these.
        *(
            _listing(f"label_by_{sort}", field, "labels", partial_filter={"labels": {"$exists": True}})
            for sort, field in SORT_FIELDS.items()
        ),
        _listing("list_by_position", "position", "list_id"),
        _listing("parent_by_position", "position", "parent_id", partial_filter={"parent_id": {"$exists": True}}),
        Index("revision", [("user_id", 1), ("revision", 1), ("_id", 1)]),
        Index(
            "completed",
            [("user_id", 1), ("deleted", 1), ("completed_at", 1)],
            partial_filter={"completed_at": {"$gt": None}},
        ),
        Index(
            "text",
            [("user_id", 1), ("deleted", 1), ("title", "text"), ("notes", "text")],
            # Users write in any language: no stemming, no stop words, no per-document language.
            options={
                "default_language": "none",
                "language_override": "text_language",
                "weights": {"title": 5, "notes": 1},
            },
        ),
        Index("tombstones", [("deleted_at", 1)], expires_after=TOMBSTONE_LIFETIME),
    ),
)

LISTS = CollectionSpec(
    name="lists",
    shard_key="user_id",
    indexes=(
        Index("by_position", [("user_id", 1), ("deleted", 1), ("position", 1), ("_id", 1)]),
        Index("revision", [("user_id", 1), ("revision", 1), ("_id", 1)]),
        Index("tombstones", [("deleted_at", 1)], expires_after=TOMBSTONE_LIFETIME),
    ),
)

TASK_COLLECTIONS = (TASKS, LISTS)
