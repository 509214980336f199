"""Ways to make the real server fail at a chosen moment, and collections to try things on."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from pymongo.asynchronous.database import AsyncDatabase

from tests.factories.users import insert_user

FailPoint = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture
async def failing(raw_database: AsyncDatabase[dict[str, Any]]) -> AsyncIterator[FailPoint]:
    """Makes mongod fail commands of the service: `async with failing("commitTransaction", times=1, errorCode=112)`.

    `how` are the options of the fail point `failCommand`; without `times` every command fails.
    """
    admin = raw_database.client.admin

    @asynccontextmanager
    async def fail(*commands: str, times: int | None = None, **how: Any) -> AsyncIterator[None]:
        target = {"failCommands": list(commands), "appName": "taskfleet", **how}
        mode: Any = "alwaysOn" if times is None else {"times": times}
        await admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": target})
        try:
            yield
        finally:
            await admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    yield fail
    # Whatever was left open would keep its documents locked for a minute.
    await admin.command({"killAllSessions": []})


@pytest.fixture
async def user_id(store: Any, raw_database: AsyncDatabase[dict[str, Any]]) -> UUID:
    """A user who has changed nothing yet."""
    return await insert_user(raw_database)
