"""The collections of this feature: shard keys and indexes, each index made for one kind of query."""

from collections.abc import Sequence
from uuid import UUID

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

# Which index walks all tasks in that order. People look at labels in the order of their own most of the time; that
# one has an index for it. The others serve labels as well, with one entry for each label of a task.
SORT_INDEXES = {sort: "by_position" if sort == "position" else f"by_{sort}_and_labels" for sort in SORT_FIELDS}

_FILTERED = ("home", "parent_id", "priority", "due_order")


def home_of(user_id: UUID, list_id: UUID | None) -> UUID:
    """Return the value of `home`: the list of a task, or the user's own id for the inbox.

    An index cannot tell null from missing, and so could not select the inbox without the documents.
    """
    return user_id if list_id is None else list_id


def _listing(
    name: str, sort_field: str, *selectors: str, more_filtered: Sequence[str] = (), **options: object
) -> Index:
    """An index for pages in one order: equality fields, status, sort key, and behind it what else is filtered.

    With the filtered fields in the index, only documents that belong to the answer are fetched. `deleted` leads
    because the query for a later page names it in its branches alone, which leaves one way to carry that query out
    (docs/decisions/0007-keyset-pages-per-status.md).
    """
    leading = ("deleted", "user_id", *selectors, "status", sort_field, "_id")
    trailing = tuple(field for field in (*_FILTERED, *more_filtered) if field not in leading)
    keys: list[tuple[str, IndexDirection]] = [(field, 1) for field in (*leading, *trailing)]
    return Index(name, keys, **options)  # type: ignore[arg-type]


# With `deleted` in it, a client that begins anew does not make MongoDB read the trash.
_REVISION = Index("revision", [("user_id", 1), ("revision", 1), ("_id", 1), ("deleted", 1)])

# Partial, because documents that are not deleted would have an entry too.
_TOMBSTONES = Index(
    "deleted_at",
    [("deleted_at", 1)],
    expires_after=TOMBSTONE_LIFETIME,
    partial_filter={"deleted_at": {"$exists": True}},
)

TASKS = CollectionSpec(
    name="tasks",
    shard_key="user_id",
    # Each one more makes every write dearer, also of tasks that are not in it (docs/decisions/0018-fewer-indexes.md).
    indexes=(
        _listing("by_position", "position"),
        *(
            _listing(SORT_INDEXES[sort], field, more_filtered=["labels"])
            for sort, field in SORT_FIELDS.items()
            if sort != "position"
        ),
        # `labels` is missing where there are none, which keeps most tasks out of this.
        _listing("label_by_position", "position", "labels", partial_filter={"labels": {"$exists": True}}),
        _listing("list_by_position", "position", "home"),
        _listing("parent_by_position", "position", "parent_id", partial_filter={"parent_id": {"$exists": True}}),
        _REVISION,
        Index(
            "completed",
            [("user_id", 1), ("deleted", 1), ("completed_at", 1)],
            partial_filter={"completed_at": {"$exists": True}},
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
        _TOMBSTONES,
    ),
    retired_indexes=(
        *("by_due", "by_priority", "by_created", "by_updated"),
        *("label_by_due", "label_by_priority", "label_by_created", "label_by_updated"),
        "tombstones",
    ),
)

LISTS = CollectionSpec(
    name="lists",
    shard_key="user_id",
    indexes=(
        Index("by_position", [("deleted", 1), ("user_id", 1), ("position", 1), ("_id", 1)]),
        _REVISION,
        _TOMBSTONES,
    ),
    retired_indexes=("tombstones",),
)

# The id is that of the user, so that there is never a second one.
CALENDAR_FEEDS = CollectionSpec(name="calendar_feeds", shard_key="user_id")

# Kept by administrators and read by everybody: some hundred documents at most.
COMMON_TASKS = CollectionSpec(
    name="common_tasks", shard_key=None, indexes=(Index("by_position", [("position", 1), ("_id", 1)]),)
)

# One document: the revision that every change of the common tasks counts up, and how many of them there are.
CATALOGUES = CollectionSpec(name="catalogues", shard_key=None)
