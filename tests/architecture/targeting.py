"""Whether an operation names the shard key, so that a router sends it to one shard."""

from collections.abc import Mapping
from typing import Any

from tests.architecture.commands import Document, Operation

# Stages that read another collection, which no shard key of the first one targets.
_FOREIGN_STAGES = frozenset({"$facet", "$graphLookup", "$lookup", "$merge", "$out", "$unionWith"})


class Targeting:
    """Judges operations by the shard keys of the declared collections (None: not sharded)."""

    def __init__(self, shard_keys: Mapping[str, str | None], allowed_comments: frozenset[str]) -> None:
        self._shard_keys = shard_keys
        self._allowed_comments = allowed_comments

    def find_fault(self, operation: Operation) -> str | None:
        """Return what is wrong with an operation, or None."""
        if operation.collection not in self._shard_keys:
            return f"{operation.name} on {operation.collection!r}, a collection that nobody declared"
        shard_key = self._shard_keys[operation.collection]
        if shard_key is None or self.is_allowed(operation):
            return None
        if any(stage.keys() & _FOREIGN_STAGES for stage in operation.pipeline):
            return f"{operation.name} on {operation.collection!r} reads or writes another collection"
        if operation.name == "insert":
            is_targeted = all(document.get(shard_key) is not None for document in operation.documents)
        else:
            is_targeted = _has_equality(operation.query or {}, shard_key)
        if is_targeted:
            return None
        return f"{operation.name} on {operation.collection!r} without equality on its shard key {shard_key!r}"

    def is_allowed(self, operation: Operation) -> bool:
        """Whether the operation says by its comment that it is one of those that may go to every shard."""
        return operation.comment in self._allowed_comments


def _has_equality(query: Document, field: str) -> bool:
    if field in query and _is_one_value(query[field]):
        return True
    return any(_has_equality(part, field) for part in query.get("$and", ()))


def _is_one_value(condition: Any) -> bool:
    if isinstance(condition, Mapping) and any(name.startswith("$") for name in condition):
        return "$eq" in condition and condition["$eq"] is not None
    return condition is not None
