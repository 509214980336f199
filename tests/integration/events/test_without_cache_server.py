"""Live updates where there is no cache server: one process tells its own streams, others learn by heartbeat."""

import httpx
import pytest

from app.core.settings import CacheSettings, Settings
from tests.integration.events.conftest import QUICK_HEARTBEAT_SECONDS, StartProcess, create_task


def without_server(settings: Settings, workers: int) -> Settings:
    return settings.model_copy(update={"cache": CacheSettings(url=None, workers=workers)})


class TestAProcess:
    @pytest.mark.parametrize("workers", [1, 2])
    async def test_tells_its_own_streams_at_once(
        self, workers: int, start_process: StartProcess, settings: Settings, ann: httpx.AsyncClient
    ) -> None:
        process = await start_process(settings=without_server(settings, workers))
        async with process.stream(ann) as stream, process.client(ann) as client:
            assert await stream.read_revision() == 0
            for revision in (1, 2, 3):
                assert await create_task(client) == revision
                assert await stream.read_revision() == revision

    async def test_tells_the_streams_of_another_one_by_heartbeat(
        self, start_process: StartProcess, settings: Settings, ann: httpx.AsyncClient
    ) -> None:
        several = without_server(settings, workers=2)
        here, there = await start_process(settings=several), await start_process(QUICK_HEARTBEAT_SECONDS, several)
        async with there.stream(ann) as stream, here.client(ann) as client:
            assert await stream.read_revision() == 0
            assert await create_task(client) == 1
            assert await stream.read_revision() == 1
