"""The forms in which the MongoDB manual documents the commands that shard a cluster."""

from collections.abc import Callable, Mapping
from typing import Any

from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey

Document = Mapping[str, Any]
Check = Callable[[Any], bool]


def _is_namespace(value: Any) -> bool:
    return isinstance(value, str) and all(value.partition("."))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_hashed_key(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and list(value.values()) == ["hashed"]


def _is_bound(value: Any) -> bool:
    """A document of the shard key; for a hashed key the value is a 64-bit integer or an end of the key space."""
    return (
        isinstance(value, dict)
        and len(value) == 1
        and isinstance(next(iter(value.values())), Int64 | MinKey | MaxKey)
    )


def _is_index_list(value: Any) -> bool:
    return isinstance(value, list) and all(
        _is_hashed_key(index["key"]) and _is_name(index["name"]) for index in value
    )


# Manual, "Database Commands": the command's page has the form. All but createIndexes go to `admin`.
# Required fields first, then those that may be left out.
FORMS: Mapping[str, tuple[Mapping[str, Check], Mapping[str, Check]]] = {
    "hello": ({"hello": lambda value: value == 1}, {"comment": _is_name}),
    "listShards": ({"listShards": lambda value: value == 1}, {}),
    "addShardToZone": ({"addShardToZone": _is_name, "zone": _is_name}, {}),
    "updateZoneKeyRange": (
        {
            "updateZoneKeyRange": _is_namespace,
            "min": _is_bound,
            "max": _is_bound,
            "zone": lambda value: value is None or _is_name(value),
        },
        {},
    ),
    "shardCollection": (
        {"shardCollection": _is_namespace, "key": _is_hashed_key},
        {
            # A hashed key may not be unique; the two numbers of chunks have no place beside several zones.
            "unique": lambda value: value is False,
            "collation": lambda value: value == {"locale": "simple"},
        },
    ),
    "balancerCollectionStatus": ({"balancerCollectionStatus": _is_namespace}, {}),
    "createIndexes": ({"createIndexes": _is_name, "indexes": _is_index_list}, {}),
}


def find_fault(command: Document) -> str | None:
    """Return how a command departs from its documented form, or None."""
    name = next(iter(command))
    if name not in FORMS:
        return f"{name} is not documented here"
    required, optional = FORMS[name]
    for missing in required.keys() - command.keys():
        return f"{name} lacks {missing}"
    for part, value in command.items():
        check = required.get(part) or optional.get(part)
        if check is None:
            return f"{name} has no {part}"
        if not check(value):
            return f"{name} takes no such {part}: {value!r}"
    return None
