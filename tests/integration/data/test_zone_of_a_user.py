"""One user's documents have one hash in all collections, by the server's own hashed indexes, and so one zone."""

import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from bson.max_key import MaxKey
from bson.min_key import MinKey
from pymongo.asynchronous.database import AsyncDatabase

from app.bootstrap import COLLECTIONS
from app.core.ids import new_id
from app.data.collections import CollectionSpec
from app.data.sharding import ClusterState, is_user_owned, make_plan
from app.data.zones import Shard, ZoneRange, equal_ranges
from tests.fakes.clock import START

ZONES = ("taskfleet-0", "taskfleet-1", "taskfleet-2")
OWNED = [spec for spec in COLLECTIONS if is_user_owned(spec)]
# Enough for each of three zones to get 100 of 300 give or take 40: five standard deviations of a fair draw (8.2).
USERS = [new_id(START + timedelta(minutes=number)) for number in range(300)]
SLACK = 41


@pytest.fixture(scope="module")
async def indexed(raw_database: AsyncDatabase[dict[str, Any]]) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """A document of each user in each collection that users own, under the indexes that the plan asks for."""
    database = raw_database.client[f"zoned-{os.getpid()}"]
    for step in make_plan(database.name, COLLECTIONS, ClusterState([Shard("only")], {}, {})).steps:
        if not step.is_admin:
            await database.command(step.command)
    for spec in OWNED:
        own_ids = ({} if spec.shard_key == "_id" else {"_id": new_id(START)} for _ in USERS)
        await database[spec.name].insert_many(
            [{str(spec.shard_key): user, **own_id} for user, own_id in zip(USERS, own_ids, strict=True)]
        )
    yield database
    await raw_database.client.drop_database(database)


async def hashes_of(database: AsyncDatabase[dict[str, Any]], spec: CollectionSpec) -> dict[UUID, int]:
    """Ask the server for the key that its hashed index holds of each user."""
    field, hashes = str(spec.shard_key), {}
    for user in USERS:
        keys = await database[spec.name].find({field: user}, hint=f"{field}_hashed", return_key=True).to_list(None)
        hashes[user] = keys[0][field]
    return hashes


def zone_of(key: int, ranges: list[ZoneRange]) -> str:
    [zone] = [each.zone for each in ranges if _is_within(key, [*each.lower.values()], [*each.upper.values()])]
    return zone


def _is_within(key: int, lower: list[Any], upper: list[Any]) -> bool:
    return (isinstance(lower[0], MinKey) or lower[0] <= key) and (isinstance(upper[0], MaxKey) or key < upper[0])


class TestTheDocumentsOfAUser:
    async def test_have_one_hash_in_all_collections(self, indexed: AsyncDatabase[dict[str, Any]]) -> None:
        first, *others = [await hashes_of(indexed, spec) for spec in OWNED]

        assert others
        assert all(other == first for other in others)

    async def test_would_not_if_a_collection_were_keyed_by_their_own_id(
        self, indexed: AsyncDatabase[dict[str, Any]]
    ) -> None:
        tasks = indexed["tasks"]
        await tasks.create_index([("_id", "hashed")], name="_id_hashed")
        by_user = await hashes_of(indexed, CollectionSpec("tasks", "user_id"))

        by_id = [
            (await tasks.find({"_id": task["_id"]}, hint="_id_hashed", return_key=True).to_list(None))[0]["_id"]
            for task in await tasks.find({}).to_list(None)
        ]
        assert set(by_id).isdisjoint(by_user.values())

    async def test_are_spread_evenly_although_ids_rise_with_time(
        self, indexed: AsyncDatabase[dict[str, Any]]
    ) -> None:
        ranges = equal_ranges("_id", ZONES)
        hashes = await hashes_of(indexed, CollectionSpec("users", "_id"))

        users = Counter(zone_of(key, ranges) for key in hashes.values())

        assert users.keys() == set(ZONES)
        assert all(abs(count - len(USERS) / len(ZONES)) < SLACK for count in users.values())
