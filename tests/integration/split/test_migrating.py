"""`taskfleet migrate` of each module makes what that module needs, and all of them what the whole service has."""

from collections.abc import AsyncIterator
from itertools import combinations
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.bootstrap import apply_migrations
from app.core.settings import MODULES, MongoSettings, RuntimeSettings, Settings
from app.main import create_app
from app.modules import MODULE_PARTS, SHARED_COLLECTIONS
from tests.conftest import BASE_URL
from tests.waiting import until

Raw = AsyncDatabase[dict[str, Any]]
Schema = dict[str, dict[str, Any]]


@pytest.fixture
async def database(raw_database: Raw) -> AsyncIterator[Raw]:
    """A database of the test's own, without collections."""
    own = raw_database.client.get_database(f"migrated-{uuid4().hex[:8]}")
    yield own
    await own.client.drop_database(own.name)


def with_modules(settings: Settings, database: Raw, *modules: str) -> Settings:
    """Return the settings of a process that runs these modules on that database."""
    mongo = MongoSettings(url=settings.mongo.url, database=database.name, driver=settings.mongo.driver)
    runtime = RuntimeSettings(profile="local", enabled_modules=frozenset(modules))
    return settings.model_copy(update={"mongo": mongo, "runtime": runtime})


async def read_schema(database: Raw) -> Schema:
    return {name: await database[name].index_information() for name in await database.list_collection_names()}


class TestMigrating:
    async def test_makes_the_collections_of_the_enabled_modules_and_the_shared_ones(
        self, settings: Settings, database: Raw
    ) -> None:
        await apply_migrations(with_modules(settings, database, "auth"))

        own = {spec.name for spec in (*SHARED_COLLECTIONS, *MODULE_PARTS["auth"].collections)}
        assert set(await database.list_collection_names()) == {*own, "leases", "migrations"}

    async def test_of_each_module_in_turn_makes_the_same_as_that_of_the_whole(
        self, settings: Settings, database: Raw
    ) -> None:
        await apply_migrations(with_modules(settings, database, *MODULES))
        whole = await read_schema(database)
        await database.client.drop_database(database.name)

        for module in reversed(MODULES):
            assert await read_schema(database) != whole
            await apply_migrations(with_modules(settings, database, module))

        assert await read_schema(database) == whole

    @pytest.mark.parametrize("modules", [*combinations(MODULES, 2)], ids=",".join)
    async def test_again_changes_nothing(self, settings: Settings, database: Raw, modules: tuple[str, ...]) -> None:
        await apply_migrations(with_modules(settings, database, *modules))

        report = await apply_migrations(with_modules(settings, database, *modules))

        assert (report.created_collections, report.created_indexes, report.dropped_indexes) == ((), (), ())
        assert report.applied_versions == ()

    async def test_applies_each_migration_where_its_module_is_enabled(
        self, settings: Settings, database: Raw
    ) -> None:
        applied = {}
        for module in reversed(MODULES):
            report = await apply_migrations(with_modules(settings, database, module))
            applied[module] = report.applied_versions

        own = {module: tuple(step.version for step in MODULE_PARTS[module].migrations) for module in MODULES}
        assert applied == own
        assert own["tasks"] == (1,)


class TestSigningInWithoutTasks:
    async def test_needs_nothing_of_the_other_modules(self, settings: Settings, database: Raw) -> None:
        """Their collections are not even there."""
        alone = with_modules(settings, database, "auth")
        await apply_migrations(alone)
        app = create_app(alone)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client,
        ):
            signed_in = await client.post("/api/v1/auth/dev/login", json={"email": "ann@example.com"})
            client.headers["Authorization"] = f"Bearer {signed_in.json()['access_token']}"
            moved = await client.patch("/api/v1/me", json={"timezone": "Asia/Tokyo"})
            erased = await client.delete("/api/v1/me")

            assert (moved.status_code, erased.status_code) == (200, 202)
            await until(lambda: _is_empty(database["users"]))


async def _is_empty(collection: Any) -> bool:
    return await collection.find_one() is None
