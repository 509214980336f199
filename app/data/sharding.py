"""Sharding: the commands that a cluster still needs until every collection is sharded and zoned as declared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pymongo

from app.data.accounts import USERS
from app.data.collections import CollectionSpec
from app.data.database import Database, Document
from app.data.zones import Shard, ShardingError, ZoneRange, arrange_zones, assign_zones, equal_ranges

# One step. The longest is the hashed index of a collection that has documents already: 100,000 of them take
# 0.3 s (docs/scaling.md), so this is enough for some hundred million on one shard.
STEP_TIMEOUT_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class ClusterState:
    """What a cluster is like: its shards, and by namespace the shard keys and the zone ranges."""

    shards: Sequence[Shard]
    shard_keys: Mapping[str, Document]
    ranges: Mapping[str, Sequence[ZoneRange]]


@dataclass(frozen=True, slots=True)
class Step:
    """One command, for the `admin` database unless it concerns a collection's indexes."""

    command: Document
    is_admin: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps to take in this order, and what the operator should know."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShardingReport:
    """What a run did. `moving` gives the balancer's reason for each collection whose documents are under way."""

    commands: tuple[Document, ...]
    notes: tuple[str, ...]
    moving: Mapping[str, str]


def is_user_owned(spec: CollectionSpec) -> bool:
    """Whether the shard key is the id of a user, so that all documents of a user belong together."""
    return spec.shard_key == "user_id" or spec.name == USERS.name


def make_plan(
    database: str, specs: Sequence[CollectionSpec], state: ClusterState, *, may_rezone: bool = False
) -> Plan:
    """Compare the cluster with the declared collections; a plan without steps says that nothing is left to do.

    Ranges of a collection that is sharded are left as they are unless `may_rezone`, because a new range moves
    documents. Raises `ShardingError` when the cluster contradicts the declarations.
    """
    sharded = {f"{database}.{spec.name}": spec for spec in specs if spec.shard_key is not None}
    _refuse_other_keys(sharded, state)
    owned = {namespace: str(spec.shard_key) for namespace, spec in sharded.items() if is_user_owned(spec)}
    existing = [each for namespace in owned for each in state.ranges.get(namespace, ())]
    zoned = _zoned_shards(state.shards, keep_layout=bool(existing) and not may_rezone)
    zone_of = assign_zones(zoned, [shard for shard in state.shards if shard not in zoned])
    zones = arrange_zones(list(zone_of.values()), existing)
    wanted = {namespace: equal_ranges(field, zones) for namespace, field in owned.items()}
    if not may_rezone:
        _refuse_other_ranges(wanted, state)
    return Plan(
        steps=(
            *_zone_steps(zone_of, state.shards),
            *(step for namespace in wanted for step in _range_steps(namespace, wanted[namespace], state)),
            *(step for namespace, spec in sharded.items() for step in _shard_steps(namespace, spec, state)),
        ),
        notes=tuple(_notes(zone_of, state.shards)),
    )


def _refuse_other_keys(sharded: Mapping[str, CollectionSpec], state: ClusterState) -> None:
    for namespace, spec in sharded.items():
        key = state.shard_keys.get(namespace)
        if key is not None and key != {spec.shard_key: "hashed"}:
            raise ShardingError(
                f"{namespace} is sharded by {key} and not by {{'{spec.shard_key}': 'hashed'}}; no shard key, zone "
                "or range was changed (reshardCollection changes a key)"
            )


def _zoned_shards(shards: Sequence[Shard], *, keep_layout: bool) -> list[Shard]:
    """The shards that get a range: those that have a zone if the layout is to stay, else all that may stay."""
    zoned = [shard for shard in shards if (shard.own_zones if keep_layout else not shard.is_draining)]
    if not zoned:
        raise ShardingError("no shard can take a range; addShard adds one, and --rezone makes the ranges anew")
    return zoned


def _refuse_other_ranges(wanted: Mapping[str, Sequence[ZoneRange]], state: ClusterState) -> None:
    for namespace, ranges in wanted.items():
        existing = state.ranges.get(namespace, ())
        is_sharded = namespace in state.shard_keys
        if any(each not in ranges for each in existing) or (is_sharded and len(existing) < len(ranges)):
            raise ShardingError(
                f"the zone ranges of {namespace} are not the equal ones of the zones; no shard key, zone or range "
                "was changed (--rezone makes them equal, which moves documents between shards)"
            )


def _zone_steps(zone_of: Mapping[str, str], shards: Sequence[Shard]) -> Iterator[Step]:
    has_zone = {shard.name for shard in shards if shard.own_zones}
    for shard, zone in zone_of.items():
        if shard not in has_zone:
            yield Step({"addShardToZone": shard, "zone": zone})


def _range_steps(namespace: str, wanted: Sequence[ZoneRange], state: ClusterState) -> Iterator[Step]:
    existing = state.ranges.get(namespace, ())
    # Ranges must not overlap at any moment, so what has to go goes first; a null zone removes a range.
    for each in existing:
        if each not in wanted:
            yield Step({"updateZoneKeyRange": namespace, "min": each.lower, "max": each.upper, "zone": None})
    for each in wanted:
        if each not in existing:
            yield Step({"updateZoneKeyRange": namespace, "min": each.lower, "max": each.upper, "zone": each.zone})


def _shard_steps(namespace: str, spec: CollectionSpec, state: ClusterState) -> Iterator[Step]:
    if namespace in state.shard_keys:
        return
    key = {spec.shard_key: "hashed"}
    # MongoDB makes the index itself for an empty collection alone. With it, both kinds take the same way.
    index = {"key": key, "name": f"{spec.shard_key}_hashed"}
    yield Step({"createIndexes": spec.name, "indexes": [index]}, is_admin=False)
    # Neither numInitialChunks nor presplitHashedZones: docs/decisions/0012-zones-and-presplitting.md.
    yield Step({"shardCollection": namespace, "key": key})


def _notes(zone_of: Mapping[str, str], shards: Iterable[Shard]) -> Iterator[str]:
    for shard in shards:
        if shard.is_draining and shard.name in zone_of:
            yield f"shard {shard.name} is being removed but has a zone; --rezone moves its users to the others"
        elif not shard.is_draining and shard.name not in zone_of:
            yield f"shard {shard.name} holds no users; --rezone gives it an equal share, which moves documents"


class Sharder:
    """Shards the declared collections of one database through a mongos."""

    def __init__(self, database: Database, specs: Sequence[CollectionSpec]) -> None:
        self._database = database
        self._specs = [spec for spec in specs if spec.shard_key is not None]

    async def require_router(self) -> None:
        """Raise `ShardingError` unless the server is a mongos."""
        answer = await self._database.command({"hello": 1}, is_admin=True)
        if answer.get("msg") != "isdbgrid":  # the manual's sign of a mongos
            raise ShardingError("--sharded needs a mongos; TASKFLEET_MONGO_URL leads to a mongod")

    async def run(self, *, may_rezone: bool = False) -> ShardingReport:
        """Take the steps that are left. The caller holds the migration lease. Raises `ShardingError`."""
        plan = make_plan(self._database.name, self._specs, await self._read_state(), may_rezone=may_rezone)
        for step in plan.steps:
            with pymongo.timeout(STEP_TIMEOUT_SECONDS):
                await self._database.command(step.command, is_admin=step.is_admin)
        return ShardingReport(
            commands=tuple(step.command for step in plan.steps), notes=plan.notes, moving=await self._find_moving()
        )

    def _namespaces(self) -> list[str]:
        return [f"{self._database.name}.{spec.name}" for spec in self._specs]

    async def _read_state(self) -> ClusterState:
        namespaces = self._namespaces()
        shards = await self._database.command({"listShards": 1}, is_admin=True)
        collections = await self._database.find_in_config("collections", {"_id": {"$in": namespaces}})
        tags = await self._database.find_in_config("tags", {"ns": {"$in": namespaces}})
        ranges: dict[str, list[ZoneRange]] = {}
        for tag in tags:
            ranges.setdefault(tag["ns"], []).append(ZoneRange(tag["tag"], tag["min"], tag["max"]))
        return ClusterState(
            shards=[
                Shard(shard["_id"], tuple(shard.get("tags", ())), bool(shard.get("draining")))
                for shard in shards["shards"]
            ],
            # MongoDB 8.0 also lists collections that are not sharded, as `unsplittable`.
            shard_keys={each["_id"]: each["key"] for each in collections if not each.get("unsplittable")},
            ranges=ranges,
        )

    async def _find_moving(self) -> dict[str, str]:
        moving = {}
        for namespace in self._namespaces():
            status = await self._database.command({"balancerCollectionStatus": namespace}, is_admin=True)
            if not status["balancerCompliant"]:
                moving[namespace] = str(status.get("firstComplianceViolation", "unknown"))
        return moving
