"""Whether an operation names the shard key and leaves it as it is, so that a router sends it to one shard."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bson.regex import Regex

from app.data.collections import UntargetedOperation
from tests.architecture.commands import Document, Operation

# Stages that read another collection, which no shard key of the first one targets.
_FOREIGN_STAGES = frozenset({"$facet", "$graphLookup", "$lookup", "$merge", "$out", "$unionWith"})


class Targeting:
    """Judges operations by the shard keys of the declared collections (None: not sharded)."""

    def __init__(self, shard_keys: Mapping[str, str | None], allowed: Mapping[str, UntargetedOperation]) -> None:
        self._shard_keys = shard_keys
        self._allowed = allowed

    def find_fault(self, operation: Operation) -> str | None:
        """Return what is wrong with an operation, or None."""
        if operation.collection not in self._shard_keys:
            return f"{operation.name} on {operation.collection!r}, a collection that nobody declared"
        shard_key = self._shard_keys[operation.collection]
        if shard_key is None or self.is_allowed(operation):
            return None
        if any(stage.keys() & _FOREIGN_STAGES for stage in operation.pipeline):
            return f"{operation.name} on {operation.collection!r} reads or writes another collection"
        values = key_values(operation, shard_key)
        if not values or None in values:
            return f"{operation.name} on {operation.collection!r} without equality on its shard key {shard_key!r}"
        if _may_change_key(operation.update, shard_key, values[0]):
            return f"{operation.name} on {operation.collection!r} may change its shard key {shard_key!r}"
        return None

    def is_allowed(self, operation: Operation) -> bool:
        """Whether the operation says by its comment that it may go to every shard, and is the one that may."""
        allowed = self._allowed.get(operation.comment or "")
        return allowed is not None and (operation.name, operation.collection) == (allowed.command, allowed.collection)


def key_values(operation: Operation, shard_key: str) -> list[Any]:
    """Return the values that the operation gives the shard key: one, or one for each inserted document.

    None stands for a document or a query without one.
    """
    if operation.name == "insert":
        return [_one_value(document.get(shard_key)) for document in operation.documents]
    return [next(_equal_values(operation.query or {}, shard_key), None)]


def _equal_values(query: Document, field: str) -> Iterator[Any]:
    """The values that a query demands of a field."""
    condition = query.get(field)
    if isinstance(condition, Mapping) and any(name.startswith("$") for name in condition):
        condition = condition.get("$eq")
    if (value := _one_value(condition)) is not None:
        yield value
    for part in query.get("$and", ()):
        yield from _equal_values(part, field)


def _one_value(value: Any) -> Any:
    """Return a value that has one hash, or None: a list matches its members too, a pattern matches many."""
    return None if isinstance(value, list | tuple | Regex | re.Pattern) else value


def _may_change_key(update: Document | Sequence[Document] | None, shard_key: str, value: Any) -> bool:
    """Whether an update may give the shard key another value, by which the document belongs to another shard."""
    if update is None:
        return False
    if not isinstance(update, Mapping):
        return any(_may_stage_change_key(stage, shard_key, value) for stage in update)
    if not any(name.startswith("$") for name in update):
        # A replacement without `_id` keeps that of the document.
        return bool(update.get(shard_key, value if shard_key == "_id" else None) != value)
    return any(_may_operator_change_key(*part, shard_key, value) for part in update.items())


def _may_stage_change_key(stage: Document, shard_key: str, value: Any) -> bool:
    [(operator, argument)] = stage.items()
    if operator in {"$set", "$addFields"}:
        return bool(argument.get(shard_key, value) != value)
    if operator == "$unset":
        return shard_key in ([argument] if isinstance(argument, str) else argument)
    return operator != "$replaceWith" or not _keeps_key(argument, shard_key, value)


def _keeps_key(expression: Any, shard_key: str, value: Any) -> bool:
    """Whether an expression yields a document with the same shard key as the old one, as far as it can be seen."""
    if not isinstance(expression, Mapping):
        return bool(expression == "$$ROOT")
    match dict(expression):
        case {"$cond": [_, then, otherwise]}:
            return _keeps_key(then, shard_key, value) and _keeps_key(otherwise, shard_key, value)
        case {"$mergeObjects": [first, *others]}:
            return _keeps_key(first, shard_key, value) and all(
                isinstance(other, Mapping) and other.get(shard_key, value) == value for other in others
            )
        case fields:
            return fields.get(shard_key) == value


def _may_operator_change_key(operator: str, fields: Document, shard_key: str, value: Any) -> bool:
    if operator in {"$set", "$setOnInsert"}:
        return bool(fields.get(shard_key, value) != value)
    return shard_key in fields or (operator == "$rename" and shard_key in fields.values())
