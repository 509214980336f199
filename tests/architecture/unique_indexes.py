"""The rules of MongoDB for unique indexes on sharded collections."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.data.collections import CollectionSpec


def refused_indexes(spec: CollectionSpec, indexes: Iterator[Mapping[str, Any]]) -> list[str]:
    """Return the names of indexes that a sharded collection may not have, given as `createIndexes` takes them.

    Each shard sees its own documents alone, so a unique index must begin with the shard key, and a hashed index
    cannot be unique. MongoDB compares the fields' names alone and may take `{user_id: 1, title: 1}` beside the key
    `{user_id: "hashed"}`; the manual promises nothing of the kind, so it is refused here. What is left is the
    index on `_id`, which every collection has; it is unique across shards only where `_id` is the shard key.
    """
    if spec.shard_key is None:
        return []
    return [index["name"] for index in indexes if index.get("unique") and list(index["key"]) != ["_id"]]
