"""Cache servers in the shapes that operators run: a cluster of three, and a pair under a Sentinel."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import redis.asyncio
from redis.exceptions import RedisError

from app.core.settings import EmbeddedSettings
from app.embedded.binaries import CACHE_SERVER, find_server
from app.embedded.cache import EmbeddedCache
from app.embedded.server import LOOPBACK
from tests.ports import find_free_port

SERVICE = "tasks"
_SLOTS = 16_384
# Servers that are starting, on a machine that is busy.
PATIENCE_SECONDS = 30


class _Node(EmbeddedCache):
    """A cache server with further arguments."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        super().__init__(find_server(CACHE_SERVER, EmbeddedSettings().cache_binary), directory)
        self._arguments = arguments

    def _command(self) -> list[str | Path]:
        return [*super()._command(), *self._arguments]


class _ClusterNode(_Node):
    """One of a cluster. By default it would hear the others 10,000 ports above its own, where there may be none."""

    bus_port: int

    def _command(self) -> list[str | Path]:
        # Another one for each attempt to start, for this one may be taken as well.
        self.bus_port = find_free_port()
        return [*super()._command(), *("--cluster-enabled", "yes", "--cluster-port", str(self.bus_port))]


class _Sentinel(EmbeddedCache):
    """Watches one primary; decides by itself."""

    def __init__(self, directory: Path, primary_port: int) -> None:
        super().__init__(find_server(CACHE_SERVER, EmbeddedSettings().cache_binary), directory)
        self._primary_port = primary_port

    def _command(self) -> list[str | Path]:
        configuration = self._data_directory / "sentinel.conf"
        configuration.write_text(
            f"port {self.port}\nbind {LOOPBACK}\ndir {self._data_directory}\n"
            f"sentinel monitor {SERVICE} {LOOPBACK} {self._primary_port} 1\n"
            f"sentinel down-after-milliseconds {SERVICE} 500\nsentinel failover-timeout {SERVICE} 5000\n"
        )
        return [self._binary, configuration, "--sentinel"]


async def ask(port: int, *command: object) -> object:
    """Send one command to the server on a port."""
    client = redis.asyncio.Redis(host=LOOPBACK, port=port)
    try:
        return await client.execute_command(*command)
    finally:
        await client.aclose()


@asynccontextmanager
async def run_cluster(directory: Path) -> AsyncIterator[str]:
    """Run a cluster of three; the URL names one of them."""
    async with AsyncExitStack() as stack:
        nodes = [_ClusterNode(directory / f"node-{number}") for number in range(3)]
        for node in nodes:
            await stack.enter_async_context(node)
        ends = [round(_SLOTS * part / 3) for part in range(4)]
        for number, node in enumerate(nodes):
            await ask(node.port, "CLUSTER", "ADDSLOTSRANGE", ends[number], ends[number + 1] - 1)
            await ask(nodes[0].port, "CLUSTER", "MEET", LOOPBACK, node.port, node.bus_port)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not all([await _is_whole(node) for node in nodes]):  # noqa: ASYNC110 - other processes set no event
                await asyncio.sleep(0.05)
        yield f"redis+cluster://{LOOPBACK}:{nodes[0].port}"


async def _is_whole(node: EmbeddedCache) -> bool:
    information = await ask(node.port, "CLUSTER", "INFO")
    return "cluster_state:ok" in str(information) and "cluster_known_nodes:3" in str(information)


@dataclass(frozen=True)
class Pair:
    """A primary and its replica under a Sentinel."""

    url: str
    primary: EmbeddedCache
    sentinel: EmbeddedCache

    async def fail_over(self) -> None:
        """End the primary and return when the replica has taken its place."""
        await self.primary.child.kill()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self._primary_port() == self.primary.port:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)

    async def _primary_port(self) -> int:
        with suppress(RedisError):
            answer = await ask(self.sentinel.port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
            assert isinstance(answer, list | tuple)
            return int(answer[1])
        return self.primary.port


@asynccontextmanager
async def run_pair(directory: Path) -> AsyncIterator[Pair]:
    """Run a primary, a replica and a Sentinel that knows both."""
    async with AsyncExitStack() as stack:
        primary = await stack.enter_async_context(_Node(directory / "primary"))
        replica = _Node(directory / "replica", "--replicaof", f"{LOOPBACK} {primary.port}")
        await stack.enter_async_context(replica)
        sentinel = await stack.enter_async_context(_Sentinel(directory / "sentinel", primary.port))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await ask(sentinel.port, "SENTINEL", "REPLICAS", SERVICE):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
        yield Pair(f"redis+sentinel://{LOOPBACK}:{sentinel.port}/{SERVICE}/0", primary, sentinel)
