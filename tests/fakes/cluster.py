"""The catalogue of a sharded cluster: takes the commands that change it, by MongoDB's rules, and remembers them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey

Document = dict[str, Any]


class RefusedError(Exception):
    """What a mongos would answer with `ok: 0`."""


@dataclass
class FakeCluster:
    """Shards, zones and sharded collections. Routes nothing: documents are none of its business.

    `commands` are those that changed the catalogue, in order. A collection that is `filled` has documents;
    what is `forbidden` is a command that the user's role lacks. The `listener` is told of every command.
    """

    shards: dict[str, set[str]]
    commands: list[Document] = field(default_factory=list)
    tags: list[Document] = field(default_factory=list)
    collections: dict[str, Document] = field(default_factory=dict)
    draining: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)
    indexed: set[str] = field(default_factory=set)
    placed: dict[str, list[Document]] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    listener: Callable[[str], None] = lambda _name: None

    def answer(self, database: str, command: Mapping[str, Any]) -> Document | None:
        """Carry a command out, or return None for one that a cluster's catalogue has no part in."""
        name = next(iter(command))
        handler = {
            "hello": self._hello,
            "listShards": self._list_shards,
            "addShard": self._add_shard,
            "addShardToZone": self._add_shard_to_zone,
            "updateZoneKeyRange": self._update_zone_key_range,
            "shardCollection": self._shard_collection,
            "balancerCollectionStatus": self._balancer_collection_status,
        }.get(name)
        if handler is None:
            return None
        self.listener(name)
        if name in self.forbidden:
            raise RefusedError(f"not authorized on admin to execute command {name}")
        if database != "admin":
            raise RefusedError(f"{name} may only be run against the admin database")
        return {**handler(dict(command)), "ok": 1.0}

    def find(self, collection: str, query: Mapping[str, Any]) -> list[Document]:
        """Return documents of the `config` database by one condition `{field: {"$in": [...]}}`."""
        documents = {"tags": self.tags, "collections": list(self.collections.values())}[collection]
        [(name, condition)] = query.items()
        return [document for document in documents if document[name] in condition["$in"]]

    def create_indexes(self, database: str, command: Mapping[str, Any]) -> None:
        """Take note of the hashed indexes that a collection has."""
        for index in command["indexes"]:
            if "hashed" in index["key"].values():
                self.indexed.add(f"{database}.{command['createIndexes']}")
                self.commands.append({"createIndexes": command["createIndexes"], "indexes": command["indexes"]})

    def _hello(self, _command: Document) -> Document:
        return {"isWritablePrimary": True, "msg": "isdbgrid"}

    def _list_shards(self, _command: Document) -> Document:
        return {
            "shards": [
                {"_id": name, "host": f"{name}/host:27018", "state": 1}
                | ({"tags": sorted(zones)} if zones else {})
                | ({"draining": True} if name in self.draining else {})
                for name, zones in self.shards.items()
            ]
        }

    def _add_shard(self, command: Document) -> Document:
        name = command["name"]
        if name in self.shards:
            raise RefusedError(f"there is a shard {name}")
        self.shards[name] = set()
        self.commands.append(_pick(command, "addShard", "name"))
        return {"shardAdded": name}

    def _add_shard_to_zone(self, command: Document) -> Document:
        if command["addShardToZone"] not in self.shards:
            raise RefusedError("ShardNotFound")
        self.commands.append(_pick(command, "addShardToZone", "zone"))
        self.shards[command["addShardToZone"]].add(command["zone"])
        return {}

    def _update_zone_key_range(self, command: Document) -> Document:
        namespace, zone = command["updateZoneKeyRange"], command["zone"]
        lower, upper = command["min"], command["max"]
        there = [tag for tag in self.tags if tag["ns"] == namespace]
        same = [tag for tag in there if (tag["min"], tag["max"]) == (lower, upper)]
        if zone is None:
            if not same:
                raise RefusedError("no such range")
            self.tags.remove(same[0])
        else:
            if not any(zone in zones for zones in self.shards.values()):
                raise RefusedError("ZoneNotFound")
            if not place_of(lower) < place_of(upper):
                raise RefusedError("the range is empty")
            if any(
                place_of(tag["min"]) < place_of(upper) and place_of(lower) < place_of(tag["max"]) for tag in there
            ):
                raise RefusedError("RangeOverlapConflict")
            self.tags.append({"ns": namespace, "min": lower, "max": upper, "tag": zone})
        self.commands.append(_pick(command, "updateZoneKeyRange", "min", "max", "zone"))
        return {}

    def _shard_collection(self, command: Document) -> Document:
        namespace, key = command["shardCollection"], command["key"]
        zones = [tag for tag in self.tags if tag["ns"] == namespace]
        # src/mongo/db/s/config/initial_split_policy.cpp, error 31412.
        if command.get("presplitHashedZones") and len(zones) != 1:
            raise RefusedError("with a hashed prefix, presplitHashedZones wants one zone over the whole key space")
        if namespace in self.filled and namespace not in self.indexed:
            raise RefusedError("a collection with documents needs the index of its shard key first")
        for tag in zones:
            if tag["min"].keys() != key.keys() or not all(
                isinstance(bound, Int64 | MinKey | MaxKey) for bound in (*tag["min"].values(), *tag["max"].values())
            ):
                raise RefusedError("a zone's bounds do not fit the hashed key")
        self.collections[namespace] = {"_id": namespace, "key": key, "unique": False}
        # The chunks of an empty collection are made where its zones want them; the rest is the balancer's work.
        self.placed[namespace] = [] if namespace in self.filled else zones
        self.commands.append(command)
        return {"collectionsharded": namespace}

    def _balancer_collection_status(self, command: Document) -> Document:
        namespace = command["balancerCollectionStatus"]
        if namespace not in self.collections:
            raise RefusedError("NamespaceNotSharded")
        if self.placed[namespace] == [tag for tag in self.tags if tag["ns"] == namespace]:
            return {"balancerCompliant": True}
        return {"balancerCompliant": False, "firstComplianceViolation": "zoneViolation"}


class FakeShardedDatabase:
    """What the sharder sees of a database behind a mongos."""

    def __init__(self, cluster: FakeCluster, name: str = "taskfleet") -> None:
        self.name = name
        self._cluster = cluster

    async def command(self, command: Document, *, is_admin: bool = False) -> Document:
        if not is_admin:
            assert "createIndexes" in command
            self._cluster.create_indexes(self.name, command)
            return {"ok": 1.0}
        answer = self._cluster.answer("admin", command)
        assert answer is not None, f"nobody knows {command}"
        return answer

    async def find_in_config(self, name: str, query: Document) -> list[Document]:
        return self._cluster.find(name, query)


def _pick(command: Document, *names: str) -> Document:
    return {name: command[name] for name in names}


def place_of(bound: Document) -> float:
    """Return where a bound lies in the key space."""
    [value] = bound.values()
    if isinstance(value, MinKey):
        return -math.inf
    return math.inf if isinstance(value, MaxKey) else value
