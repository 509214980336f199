"""What a MongoDB command touches: its collection, and the queries by which it finds documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
        "killSessions",
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

# The session and the number of a transaction within it.
TransactionId = tuple[bytes, int]


@dataclass(frozen=True)
class Operation:
    """One thing that a command does to one collection.

    `query` is how it finds documents, `update` what becomes of them (None: they stay or are deleted),
    `documents` what it inserts; an aggregation keeps its `pipeline`.
    `plan` is the command that `explain` takes for this operation alone, or None for an insert.
    """

    name: str
    collection: str
    comment: str | None = None
    query: Document | None = None
    update: Document | Sequence[Document] | None = None
    pipeline: tuple[Document, ...] = ()
    documents: tuple[Document, ...] = ()
    plan: Document | None = None
    transaction: TransactionId | None = None


class UnknownCommandError(Exception):
    """A command of which nobody said what it touches."""


def operations_of(command: Document) -> Iterator[Operation]:
    """Take a command apart. Raises `UnknownCommandError` for one that is neither known nor harmless."""
    transaction = _transaction_of(command)
    for operation in _operations_of(command):
        yield replace(operation, comment=command.get("comment"), transaction=transaction)


def _operations_of(command: Document) -> Iterator[Operation]:
    name, collection = next(iter(command.items()))
    if name in HARMLESS:
        return
    if name == "insert":
        yield Operation(name, collection, documents=tuple(command["documents"]))
    elif name in {"update", "delete"}:
        part = f"{name}s"
        for statement in command[part]:
            plan = {name: collection, part: [statement]}
            yield Operation(name, collection, query=statement["q"], update=statement.get("u"), plan=plan)
    elif name in _PLANNED_PARTS:
        plan = {name: collection} | {part: command[part] for part in _PLANNED_PARTS[name] if part in command}
        if name == "aggregate":
            yield _aggregation(collection, plan)
        else:
            query = command.get("filter" if name == "find" else "query") or {}
            yield Operation(name, collection, query=query, update=command.get("update"), plan=plan)
    else:
        raise UnknownCommandError(name)


def _transaction_of(command: Document) -> TransactionId | None:
    if command.get("autocommit") is not False:
        return None
    return bytes(command["lsid"]["id"]), command["txnNumber"]


def _aggregation(collection: str, plan: dict[str, Any]) -> Operation:
    pipeline = tuple(plan["pipeline"])
    query = pipeline[0].get("$match", {}) if pipeline else {}
    return Operation("aggregate", collection, query=query, pipeline=pipeline, plan={**plan, "cursor": {}})
