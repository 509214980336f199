"""Zones: the hashed key space cut into equal ranges, one for each shard that holds users."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.min_key import MinKey

from app.data.database import Document

_NAME = re.compile(r"taskfleet-([0-9]+)")

# A hashed key is a signed 64-bit integer (MongoDB manual, "Hashed Indexes").
LOWEST_HASH = -(2**63)
HASHES = 2**64


class ShardingError(Exception):
    """The cluster is not as it has to be; the message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class ZoneRange:
    """The hashed keys from `lower` up to but without `upper`; both are documents with the shard key's field."""

    zone: str
    lower: Document
    upper: Document


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard with the zones that it carries; a draining one is being removed from the cluster."""

    name: str
    zones: tuple[str, ...] = ()
    is_draining: bool = False

    @property
    def own_zones(self) -> tuple[str, ...]:
        """Those of its zones that Taskfleet made."""
        return tuple(zone for zone in self.zones if _NAME.fullmatch(zone))


def equal_ranges(field: str, zones: Sequence[str]) -> list[ZoneRange]:
    """Cut the whole key space into as many ranges as there are zones; their sizes differ by one hash at most."""
    # Int64 also where the number is small: MongoDB takes no other type for the bound of a hashed key.
    inner = [Int64(LOWEST_HASH + HASHES * number // len(zones)) for number in range(1, len(zones))]
    bounds: list[Any] = [MinKey(), *inner, MaxKey()]
    return [
        ZoneRange(zone, {field: bounds[number]}, {field: bounds[number + 1]}) for number, zone in enumerate(zones)
    ]


def arrange_zones(zones: Sequence[str], existing: Iterable[ZoneRange]) -> list[str]:
    """Return the zones in the order in which equal ranges leave most hashes in the zone that they are in.

    Where a shard joins, its zone goes between the others. Where their number doubles, each range is halved.
    """
    width = HASHES // len(zones)
    kept: Counter[tuple[int, str]] = Counter()
    for each in existing:
        lower, upper = _hash_at(each.lower), _hash_at(each.upper)
        if each.zone in zones and lower is not None and upper is not None:
            for number in range(len(zones)):
                start = LOWEST_HASH + number * width
                kept[number, each.zone] += max(0, min(upper, start + width) - max(lower, start))
    place_of: dict[str, int] = {}
    for (number, zone), hashes in sorted(kept.items(), key=lambda item: (-item[1], item[0])):
        if hashes and zone not in place_of and number not in place_of.values():
            place_of[zone] = number
    places = iter(sorted(set(range(len(zones))) - set(place_of.values())))
    for zone in zones:
        if zone not in place_of:
            place_of[zone] = next(places)
    return sorted(zones, key=lambda zone: place_of[zone])


def _hash_at(bound: Document) -> int | None:
    """The place of a bound in the key space, or None for a bound that is none of a hashed key."""
    value = next(iter(bound.values()), None)
    if isinstance(value, MinKey):
        return LOWEST_HASH
    if isinstance(value, MaxKey):
        return LOWEST_HASH + HASHES
    return value if isinstance(value, int) else None


def assign_zones(shards: Sequence[Shard], others: Sequence[Shard] = ()) -> dict[str, str]:
    """Return the zone of each of `shards`, in the order of their numbers; a shard that has one keeps it.

    `others` get none, and theirs is not given to anybody else. Raises `ShardingError` when the zones that
    exist do not match the shards one to one.
    """
    shard_of: dict[str, str] = {}
    for shard in (*shards, *others):
        for zone in shard.own_zones:
            if zone in shard_of or len(shard.own_zones) > 1:
                raise ShardingError(
                    f"zone {zone} must be the only one of shard {shard.name} and on no other; "
                    "removeShardFromZone takes a zone off a shard"
                )
            shard_of[zone] = shard.name
    free = (name for name in map("taskfleet-{}".format, itertools.count()) if name not in shard_of)
    zone_of = {shard.name: shard.own_zones[0] for shard in shards if shard.own_zones}
    for name in sorted(shard.name for shard in shards if not shard.own_zones):
        zone_of[name] = next(free)
    return dict(sorted(zone_of.items(), key=lambda item: _zone_number(item[1])))


def _zone_number(name: str) -> int:
    return int(name.rpartition("-")[2])
