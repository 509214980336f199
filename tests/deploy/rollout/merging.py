"""How an API server changes an object: strategic merge patches of the built-in kinds, and operations of RFC 6902."""

import copy
from typing import Any

# By what the lists of a pod that are merged tell their items apart (patchMergeKey); other lists are replaced.
_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
}


def merge(target: Any, change: Any, name: str = "") -> Any:
    """Return the target with a change merged into it: `null` takes out, `$patch` deletes an item of a list."""
    if isinstance(target, dict) and isinstance(change, dict):
        result = copy.deepcopy(target)
        for key, value in change.items():
            if value is None:
                result.pop(key, None)
            elif not key.startswith("$"):
                result[key] = merge(result.get(key), value, key)
        return result
    if isinstance(change, list) and name in _KEYS:
        return _merge_lists(target or [], change, _KEYS[name])
    if isinstance(change, dict):
        return merge({}, change)
    return copy.deepcopy(change)


def _merge_lists(target: list[Any], changes: list[Any], key: str) -> list[Any]:
    result = {item[key]: item for item in target}
    for change in changes:
        if change.get("$patch") == "delete":
            result.pop(change[key], None)
        else:
            result[change[key]] = merge(result.get(change[key]), change)
    return list(result.values())


def patch(target: Any, operations: list[dict[str, Any]]) -> Any:
    """Return the target with values replaced, as `kubectl rollout undo` asks for."""
    result = copy.deepcopy(target)
    for operation in operations:
        assert operation["op"] == "replace", operation
        *parents, last = operation["path"].strip("/").split("/")
        place = result
        for parent in parents:
            place = place[parent]
        place[last] = operation["value"]
    return result
