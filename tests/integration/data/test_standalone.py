"""A mongod that is no member of a replica set has no transactions, and is no database for this service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.bootstrap import apply_migrations
from app.core.clock import SystemClock
from app.core.settings import MongoSettings, RuntimeSettings, Settings, SettingsError
from app.data.store import Store
from app.embedded.mongo import EmbeddedMongo
from app.embedded.server import LOOPBACK
from tests import environment
from tests.servers import make_mongo


class StandaloneMongo(EmbeddedMongo):
    """The same server without its replica set."""

    @property
    def url(self) -> str:
        return f"mongodb://{LOOPBACK}:{self.port}/"

    def _command(self) -> list[str | Path]:
        command = super()._command()
        place = command.index("--replSet")
        return command[:place] + command[place + 2 :]

    async def _wait_until_ready(self, pid: int) -> bool:
        await self._wait_for_connection()
        return True


@pytest.fixture
async def settings_of_standalone(tmp_path: Path) -> AsyncIterator[Settings]:
    async with make_mongo(tmp_path, kind=StandaloneMongo) as server:
        yield Settings(
            runtime=RuntimeSettings(profile="local"),
            mongo=MongoSettings(url=SecretStr(server.url), driver=environment.mongo_driver()),
        )


class TestAStandaloneServer:
    async def test_is_refused_by_the_migration_and_never_ready(self, settings_of_standalone: Settings) -> None:
        with pytest.raises(SettingsError, match=r"^TASKFLEET_MONGO_URL leads to a standalone mongod"):
            await apply_migrations(settings_of_standalone)

        store = Store.open(settings_of_standalone.mongo, SystemClock())
        assert not await store.is_ready_within(5)
        await store.close()
