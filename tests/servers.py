"""Real servers for the tests: small, on loopback, with time-outs and fail points under the tests' control."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from app.core.settings import EmbeddedSettings
from app.embedded.binaries import CACHE_SERVER, MONGOD, find_server
from app.embedded.cache import EmbeddedCache
from app.embedded.mongo import EmbeddedMongo

FailPoint = Callable[..., AbstractAsyncContextManager[None]]

_MONGOD_PARAMETERS = {
    # Fail points, to make a server fail at will.
    "enableTestCommands": "1",
    # The tests' clock stands in another year than mongod's, whose reaper would take their documents away.
    "ttlMonitorEnabled": "false",
}


def make_mongo(directory: Path, *, port: int = 0, kind: type[EmbeddedMongo] = EmbeddedMongo) -> EmbeddedMongo:
    """Return a mongod that is not yet started; it is an async context manager."""
    binary = find_server(MONGOD, EmbeddedSettings().mongod_binary)
    return kind(binary, directory, port=port, parameters=_MONGOD_PARAMETERS)


def make_cache(directory: Path, *, port: int = 0) -> EmbeddedCache:
    """Return a cache server that is not yet started; it is an async context manager."""
    binary = find_server(CACHE_SERVER, EmbeddedSettings().cache_binary)
    return EmbeddedCache(binary, directory, port=port)


@asynccontextmanager
async def fail_commands(
    admin: AsyncDatabase[dict[str, Any]], *commands: str, times: int | None = None, **how: Any
) -> AsyncIterator[None]:
    """Make mongod fail commands of the service while the block runs, or so many of them.

    `how` are the options of the fail point `failCommand`, such as `errorCode` or `closeConnection`.
    """
    target = {"failCommands": list(commands), "appName": "taskfleet", **how}
    mode: Any = "alwaysOn" if times is None else {"times": times}
    await admin.command({"configureFailPoint": "failCommand", "mode": mode, "data": target})
    try:
        yield
    finally:
        await admin.command({"configureFailPoint": "failCommand", "mode": "off"})
