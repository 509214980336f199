"""How MongoDB carries an operation out: every distinct shape of a query is explained once."""

from collections.abc import Iterator, Mapping
from typing import Any

from bson.codec_options import DatetimeConversion
from pymongo.database import Database

from tests.architecture.commands import Document, Operation

# Conditions of which it matters whether they hold one value or several, and not how many.
_LIST_OPERATORS = frozenset({"$in", "$nin", "$all"})


class Plans:
    """Explains each shape of operation the first time that it is met, and says what is wrong with its plan."""

    def __init__(
        self,
        database: Database[dict[str, Any]],
        shard_keys: Mapping[str, str | None],
        sorted_in_memory: Mapping[tuple[str, str], str],
    ) -> None:
        """`sorted_in_memory` gives the reason for each operation (collection, command) that may sort."""
        self._database = database
        # The bounds of a plan may end with the last instant that BSON knows, which Python's `datetime` does not.
        self._codec_options = database.codec_options.with_options(
            datetime_conversion=DatetimeConversion.DATETIME_AUTO
        )
        self._shard_keys = shard_keys
        self._sorted_in_memory = sorted_in_memory
        self._known: set[str] = set()

    def find_fault(self, operation: Operation, *, is_targeted: bool = True) -> str | None:
        """Return what is wrong with the plan of a shape that was not met before, or None."""
        if operation.plan is None or self._shard_keys.get(operation.collection) is None:
            return None  # the unsharded collections hold a handful of documents
        shape = f"{operation.name} {operation.collection} {shape_of(operation)}"
        if shape in self._known:
            return None
        self._known.add(shape)
        explained = self._database.command(
            {"explain": dict(operation.plan), "verbosity": "queryPlanner"},
            codec_options=self._codec_options,
        )
        fault = self._judge(operation, explained, is_targeted)
        return fault and f"{fault}: {shape}"

    def _judge(self, operation: Operation, explained: Document, is_targeted: bool) -> str | None:
        stages = list(_stages_of(explained))
        names = {name for name, _ in stages}
        if "COLLSCAN" in names:
            return "collection scan"
        # A text index keeps no order but that of words.
        may_sort = "TEXT_MATCH" in names or (operation.collection, operation.name) in self._sorted_in_memory
        if "SORT" in names and not may_sort:
            return "sort in memory"
        shard_key = self._shard_keys[operation.collection]
        for name, stage in stages:
            if name == "IXSCAN" and is_targeted and not _is_narrow(stage, str(shard_key)):
                return f"index {stage['indexName']} walks through other users' documents"
        return None


def _is_narrow(stage: Document, shard_key: str) -> bool:
    """Whether an index scan stays with one user: by given ids, or by the shard key behind given values at most."""
    for field in stage["keyPattern"]:
        if field == shard_key:
            return True
        if not all(_is_point(bound) for bound in stage["indexBounds"][field]):
            return False
        if field == "_id":
            return True
    return False


def _is_point(bound: str) -> bool:
    """Whether bounds such as `[7, 7]` hold one value; the value itself may hold commas and brackets."""
    ends = bound[1:-1]
    middle = (len(ends) - len(", ")) // 2
    return bound[0] == "[" and bound[-1] == "]" and ends[:middle] == ends[middle + len(", ") :]


def _stages_of(explained: Any) -> Iterator[tuple[str, Document]]:
    """Every stage of the winning plan, and every sort of a pipeline, wherever the server's version puts them."""
    if isinstance(explained, Mapping):
        if isinstance(explained.get("stage"), str):
            yield explained["stage"], explained
        if "$sort" in explained:
            yield "SORT", explained
        for name, part in explained.items():
            if name not in {"rejectedPlans", "command", "parsedQuery"}:
                yield from _stages_of(part)
    elif isinstance(explained, list):
        for part in explained:
            yield from _stages_of(part)


def shape_of(operation: Operation) -> str:
    """Return what decides on the plan of an operation: fields, operators, types, order, hint."""
    plan = operation.plan or {}
    parts = [_generalise(operation.pipeline or operation.query), plan.get("sort"), plan.get("hint")]
    return repr([part for part in parts if part])


def _generalise(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _count_roughly(member) if name in _LIST_OPERATORS else _generalise(member)
            for name, member in value.items()
        }
    if isinstance(value, list | tuple):
        distinct = {repr(shape): shape for shape in map(_generalise, value)}
        return list(distinct.values())
    return "null" if value is None else type(value).__name__


def _count_roughly(values: Any) -> Any:
    if not isinstance(values, list):
        return _generalise(values)
    return "one" if len(values) == 1 else "several"
