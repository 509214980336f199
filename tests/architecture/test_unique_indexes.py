"""Every declared index may exist on a sharded cluster."""

from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from app.bootstrap import COLLECTIONS
from app.data.collections import CollectionSpec, Index
from app.data.leases import LEASES
from app.data.migrations import MIGRATIONS
from app.data.store import Store
from tests.architecture.unique_indexes import refused_indexes

ALL = (LEASES, MIGRATIONS, *COLLECTIONS)
UNIQUE = {"unique": True}


def declared_faults(spec: CollectionSpec) -> list[str]:
    return refused_indexes(spec, (index.to_model().document for index in spec.indexes))


class TestTheDeclaredIndexes:
    @pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
    def test_are_none_that_a_sharded_cluster_refuses(self, spec: CollectionSpec) -> None:
        assert declared_faults(spec) == []


class TestTheIndexesOfTheDatabase:
    @pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
    async def test_are_none_that_a_sharded_cluster_refuses(
        self, spec: CollectionSpec, store: Store, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        """Those that code makes past the declarations are among them."""
        indexes = [index async for index in await raw_database[spec.name].list_indexes()]

        assert indexes
        assert refused_indexes(spec, iter(indexes)) == []


class TestAnIndexThatAClusterRefuses:
    @pytest.mark.parametrize(
        "index",
        [
            Index("email", [("email", 1)], options=UNIQUE),
            Index("own_key", [("user_id", 1)], options=UNIQUE),
            Index("own_key_first", [("user_id", 1), ("title", 1)], options=UNIQUE),
            Index("id_and_more", [("_id", 1), ("title", 1)], options=UNIQUE),
            Index("partly", [("email", 1)], partial_filter={"email": {"$exists": True}}, options=UNIQUE),
        ],
        ids=lambda index: index.name,
    )
    @pytest.mark.parametrize("shard_key", ["_id", "user_id"])
    def test_is_found(self, index: Index, shard_key: Any) -> None:
        assert declared_faults(CollectionSpec("things", shard_key, (index,))) == [index.name]

    async def test_is_found_in_a_database(self, raw_database: AsyncDatabase[dict[str, Any]]) -> None:
        things = raw_database.client[f"{raw_database.name}_unique"]["things"]
        await things.create_index([("email", 1)], name="email", unique=True)
        indexes = [index async for index in await things.list_indexes()]
        await raw_database.client.drop_database(things.database.name)

        assert refused_indexes(CollectionSpec("things", "user_id"), iter(indexes)) == ["email"]


class TestAnIndexThatAClusterTakes:
    @pytest.mark.parametrize(
        ("shard_key", "index"),
        [
            ("user_id", Index("plain", [("email", 1)])),
            ("user_id", Index("not_unique", [("email", 1)], options={"unique": False})),
            (None, Index("unsharded", [("email", 1)], options=UNIQUE)),
        ],
        ids=["plain", "not unique", "unsharded"],
    )
    def test_passes(self, shard_key: Any, index: Index) -> None:
        assert declared_faults(CollectionSpec("things", shard_key, (index,))) == []


class TestAHashedIndex:
    async def test_cannot_be_unique(self, raw_database: AsyncDatabase[dict[str, Any]]) -> None:
        """Which is why no unique index can begin with the shard key here; the server is asked, not the manual."""
        with pytest.raises(OperationFailure, match="uniqueness"):
            await raw_database["tasks"].create_index([("user_id", "hashed")], unique=True)
