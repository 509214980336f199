"""Real servers for the tests: small, on loopback, with time-outs and fail points under the tests' control."""

from pathlib import Path

from app.core.settings import EmbeddedSettings
from app.embedded.binaries import CACHE_SERVER, MONGOD, find_server
from app.embedded.cache import EmbeddedCache
from app.embedded.mongo import EmbeddedMongo

_MONGOD_PARAMETERS = {
    # Fail points, to make a server fail at will.
    "enableTestCommands": "1",
    # The tests' clock stands in another year than mongod's, whose reaper would take their documents away.
    "ttlMonitorEnabled": "false",
}


def make_mongo(directory: Path, *, port: int = 0) -> EmbeddedMongo:
    """Return a mongod that is not yet started; it is an async context manager."""
    binary = find_server(MONGOD, EmbeddedSettings().mongod_binary)
    return EmbeddedMongo(binary, directory, port=port, parameters=_MONGOD_PARAMETERS)


def make_cache(directory: Path, *, port: int = 0) -> EmbeddedCache:
    """Return a cache server that is not yet started; it is an async context manager."""
    binary = find_server(CACHE_SERVER, EmbeddedSettings().cache_binary)
    return EmbeddedCache(binary, directory, port=port)
