"""The connection to the cache server, in whichever shape it runs: one server, Sentinel or Cluster."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import redis.asyncio
from redis.asyncio.client import PubSub
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,  # noqa: A004 - redis-py's own
    RedisClusterException,
    RedisError,
)

from app.core.settings import CacheSettings, SettingsError

# A healthy cache answers in well under a millisecond, MongoDB within some ten: whoever waits longer than this for the
# cache is better served by the database.
CALL_TIMEOUT_SECONDS = 0.1

_DEFAULT_PORT = 6379
_DEFAULT_SENTINEL_PORT = 26379

# A cluster's map and the list of all its commands, from a node that may have just started.
_DISCOVERY_TIMEOUT_SECONDS = 5.0
# Under which name the client of a service keeps the clients of its Sentinels, which nobody else would close.
_SENTINELS = "taskfleet_sentinels"

# What a call to a server that is away, overloaded or not itself may raise.
# What a cluster of which no node answers raises is no `RedisError`.
CACHE_ERRORS = (RedisError, RedisClusterException, OSError, TimeoutError)

# The probe asks for the time in a script that might write, so that a server that refuses changes, as a replica does,
# is as good as silent: its answers can no longer be made to end.
_TELL_TIME = "#!lua flags=allow-oom\nreturn redis.call('TIME')"


def is_connection_lost(error: BaseException) -> bool:
    """Whether an error of `CACHE_ERRORS` means that a connection broke or could not be made; a time-out does not."""
    if isinstance(error, TimeoutError):
        return False
    return isinstance(error, ConnectionError | OSError) and not isinstance(error, BusyLoadingError)


class RedisClient(Protocol):
    """What is used of redis-py; its three clients offer it alike."""

    def pipeline(self, transaction: bool = ...) -> Any: ...

    async def execute_command(self, *arguments: Any, **options: Any) -> Any: ...

    async def aclose(self) -> None: ...


class _MortalPubSub(PubSub):
    """Ends with its connection.

    redis-py would connect it anew unseen, in the tasks that read and that write at once: one connection of two is
    then left open, and nobody hears that messages were missed.
    """

    async def connect(self) -> None:
        """Connect at first; later on only see that the connection is there."""
        if self.connection is not None and not self.connection.is_connected:
            raise ConnectionError("the connection was lost")
        await super().connect()  # type: ignore[no-untyped-call]

    async def _reconnect(self, conn: Any, *_details: Any, **_more_details: Any) -> None:
        await conn.disconnect(nowait=True)


class CacheClient:
    """The connections of one process to the cache server; there is none when no URL is set."""

    def __init__(self, settings: CacheSettings) -> None:
        self._url = None if settings.url is None else settings.url.get_secret_value()
        self._redis = None if self._url is None else open_redis(self._url)
        self._sentinels: list[RedisClient] = list(getattr(self._redis, _SENTINELS, ()))
        self._subscriber: RedisClient | None = None
        self._discovery: asyncio.Task[Any] | None = None

    @property
    def is_configured(self) -> bool:
        """Whether there is a cache server at all."""
        return self._redis is not None

    @property
    def redis(self) -> RedisClient:
        """The client; only where one is configured."""
        assert self._redis is not None  # noqa: S101 - asked for after `is_configured`
        return self._redis

    async def open_pubsub(self) -> Any:
        """A connection of its own for subscriptions; in a cluster any node does, for all of them pass messages on."""
        client: Any = self.redis
        if isinstance(client, RedisCluster):
            await self._discover(client)
            node = client.get_default_node()
            arguments = {name: value for name, value in _arguments(urlsplit(self._url or "")).items() if name != "db"}
            client = redis.asyncio.Redis(host=node.host, port=int(node.port), **arguments)
            if self._subscriber is not None:  # whose connection is lost
                await self._subscriber.aclose()
            self._subscriber = client
        return _MortalPubSub(client.connection_pool)

    async def server_time_us(self) -> int:
        """The server's clock in microseconds since 1970; of several servers, the one that is ahead."""
        client = self.redis
        if isinstance(client, RedisCluster):
            await self._discover(client)
            answers = await client.execute_command("EVAL", _TELL_TIME, 0, target_nodes=RedisCluster.PRIMARIES)
            times = answers.values() if isinstance(answers, Mapping) else [answers]
        else:
            times = [await client.execute_command("EVAL", _TELL_TIME, 0)]
        return max(int(seconds) * 1_000_000 + int(microseconds) for seconds, microseconds in times)

    async def _discover(self, cluster: RedisCluster) -> None:
        """Learn which node has what; it takes longer than a call may, and goes on when the caller gives up."""
        if self._discovery is None or (self._discovery.done() and self._discovery.exception() is not None):
            self._discovery = asyncio.create_task(_initialize(cluster))
        await asyncio.shield(self._discovery)

    async def ping(self) -> bool:
        """Whether the cache server answers within the deadline."""
        if self._redis is None:
            return False
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                await self.server_time_us()
        except CACHE_ERRORS:
            return False
        return True

    async def close(self) -> None:
        """Close every connection."""
        if self._discovery is not None and not self._discovery.done():
            self._discovery.cancel()
            await asyncio.wait([self._discovery], timeout=CALL_TIMEOUT_SECONDS)
        for client in (self._redis, self._subscriber, *self._sentinels):
            if client is not None:
                await client.aclose()


def open_redis(url: str) -> RedisClient:
    """Return a client for `redis://host:port/db`, `rediss://…`, `unix://path`, or one of the two forms below.

    `redis+sentinel://user:password@host:port,host:port/service/db` asks Sentinels for the primary,
    `redis+cluster://user:password@host:port,host:port` finds a cluster through any of its nodes; `rediss+…` encrypts.
    Raises `SettingsError`. No call is retried: what that means differs between reads and writes, whose callers know.
    """
    scheme = urlsplit(url).scheme
    try:
        if scheme.endswith("+sentinel"):
            return _open_sentinel(url)
        if scheme.endswith("+cluster"):
            return _open_cluster(url)
        client: RedisClient = redis.asyncio.Redis.from_url(url, **_options())
    except ValueError as error:
        # An unescaped password is taken for a port, which the message then quotes.
        what = "its port is no number" if "Port could not be cast" in str(error) else error
        raise SettingsError(f"TASKFLEET_REDIS_URL cannot be read: {what}") from None
    return client


async def _initialize(cluster: RedisCluster) -> None:
    async with asyncio.timeout(_DISCOVERY_TIMEOUT_SECONDS):
        await cluster.initialize()


def _options() -> dict[str, Any]:
    """What holds for every client: no call is tried again, and the deadlines are the callers'.

    A new connection says nothing ahead of its first call, as it would to ask for RESP3 or to tell its version: on a
    slow network those round trips would take the whole deadline, and who has lost its connections could not come
    back to a server that others still reach.
    """
    return {"retry": Retry(NoBackoff(), 0), "socket_timeout": None, "protocol": 2, "driver_info": None}


def _arguments(parts: Any) -> dict[str, Any]:
    """The connection arguments that a Sentinel's or a cluster's URL holds beside the hosts."""
    user_information = parts.netloc.rpartition("@")[0]
    user, _, password = user_information.partition(":")
    arguments = _options()
    if user:
        arguments["username"] = unquote(user)
    if password:
        arguments["password"] = unquote(password)
    if parts.scheme.startswith("rediss+"):
        arguments["ssl"] = True
    return arguments


def _hosts(parts: Any, default_port: int) -> list[tuple[str, int]]:
    hosts = []
    for text in parts.netloc.rpartition("@")[2].split(","):
        address = urlsplit(f"//{text}")
        if not address.hostname:
            raise ValueError("a host is missing")
        hosts.append((address.hostname, address.port or default_port))
    return hosts


def _open_sentinel(url: str) -> RedisClient:
    parts = urlsplit(url)
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("the service name is missing: redis+sentinel://host:port/service")
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        _hosts(parts, _DEFAULT_SENTINEL_PORT),
        sentinel_kwargs={**_options(), "socket_timeout": CALL_TIMEOUT_SECONDS},
        **_arguments(parts),
    )
    client = sentinel.master_for(service, db=int(database or 0))
    setattr(client, _SENTINELS, sentinel.sentinels)
    opened: RedisClient = client
    return opened


def _open_cluster(url: str) -> RedisClient:
    parts = urlsplit(url)
    if parts.path.strip("/"):
        raise ValueError("a cluster has no databases to choose from")
    nodes = [ClusterNode(host, port) for host, port in _hosts(parts, _DEFAULT_PORT)]
    client: RedisClient = RedisCluster(startup_nodes=nodes, **_arguments(parts))
    return client
