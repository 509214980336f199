"""What a MongoDB command touches: its collection, and the queries by which it finds documents."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

# What may be sent to our database without finding or changing documents of a user.
HARMLESS = frozenset(
    {
        "abortTransaction",
        "commitTransaction",
        "configureFailPoint",
        "create",
        "createIndexes",
        "endSessions",
        "getMore",
        "hello",
        "killCursors",
        "listCollections",
        "listIndexes",
        "ping",
    }
)

# The parts of a command that decide how it is carried out; the rest is the driver's business.
_PLANNED_PARTS: Mapping[str, tuple[str, ...]] = {
    "find": ("filter", "sort", "projection", "hint", "limit", "skip", "collation"),
    "aggregate": ("pipeline", "hint", "collation"),
    "count": ("query", "hint", "limit", "skip"),
    "distinct": ("key", "query"),
    "findAndModify": ("query", "sort", "update", "remove", "new", "fields", "upsert", "hint"),
}


@dataclass(frozen=True)
class Operation:
    """One thing that a command does to one collection.

    `query` is how it finds documents, `documents` what it inserts; an aggregation keeps its `pipeline`.
    `plan` is the command that `explain` takes for this operation alone, or None for an insert.
    """

    name: str
    collection: str
    comment: str | None = None
    query: Document | None = None
    pipeline: tuple[Document, ...] = ()
    documents: tuple[Document, ...] = ()
    plan: Document | None = None


class UnknownCommandError(Exception):
    """A command of which nobody said what it touches."""


def operations_of(command: Document) -> Iterator[Operation]:
    """Take a command apart. Raises `UnknownCommandError` for one that is neither known nor harmless."""
    name, collection = next(iter(command.items()))
    comment = command.get("comment")
    if name in HARMLESS:
        return
    if name == "insert":
        yield Operation(name, collection, comment, documents=tuple(command["documents"]))
    elif name in {"update", "delete"}:
        part = f"{name}s"
        for statement in command[part]:
            plan = {name: collection, part: [statement]}
            yield Operation(name, collection, comment, query=statement["q"], plan=plan)
    elif name in _PLANNED_PARTS:
        plan = {name: collection} | {part: command[part] for part in _PLANNED_PARTS[name] if part in command}
        if name == "aggregate":
            yield _aggregation(collection, comment, plan)
        else:
            query = command.get("filter" if name == "find" else "query") or {}
            yield Operation(name, collection, comment, query=query, plan=plan)
    else:
        raise UnknownCommandError(name)


def _aggregation(collection: str, comment: str | None, plan: dict[str, Any]) -> Operation:
    pipeline = tuple(plan["pipeline"])
    query = pipeline[0].get("$match", {}) if pipeline else {}
    return Operation("aggregate", collection, comment, query, pipeline, plan={**plan, "cursor": {}})
