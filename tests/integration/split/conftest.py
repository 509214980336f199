"""A process of the service for each module, on one mongod and one cache server."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.bootstrap import apply_migrations
from app.core.settings import MODULES, MongoSettings, RuntimeSettings, Settings
from app.embedded.cache import EmbeddedCache
from app.embedded.mongo import EmbeddedMongo
from tests import environment
from tests.integration.split.services import Split, make_split, settings_of


@pytest.fixture(scope="package")
async def split_settings(mongo: EmbeddedMongo, cache_server: EmbeddedCache) -> dict[str, str]:
    """The settings of all processes, whose database has its collections, made by each module in its turn."""
    database = f"split-{os.getpid()}"
    for module in MODULES:
        await apply_migrations(
            Settings(
                runtime=RuntimeSettings(profile="local", enabled_modules=frozenset({module})),
                mongo=MongoSettings(url=mongo.url, database=database, driver=environment.mongo_driver()),
            )
        )
    return settings_of(mongo.url, database, cache_server.url)


@pytest.fixture
def split_database(
    split_settings: dict[str, str], raw_database: AsyncDatabase[dict[str, Any]]
) -> AsyncDatabase[dict[str, Any]]:
    """Their database, past the services."""
    return raw_database.client.get_database(split_settings["TASKFLEET_MONGO_DATABASE"])


@pytest.fixture(scope="package")
async def split(
    split_settings: dict[str, str], signing_key_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Split]:
    """The three processes, ready."""
    split = make_split(split_settings, signing_key_file, tmp_path_factory.mktemp("split"))
    async with split.clients:
        try:
            await split.start()
            yield split
        finally:
            await split.close()
