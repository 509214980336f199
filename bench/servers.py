"""The servers: one mongod and one cache server for all, and the three contenders, each one process on one core."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from app.bootstrap import apply_migrations
from app.core.settings import PREFIX, EmbeddedSettings, JwtSettings, MongoSettings, RuntimeSettings, Settings
from app.core.signing_keys import generate_signing_key
from app.embedded.binaries import CACHE_SERVER, MONGOD, find_server
from app.embedded.cache import EmbeddedCache
from app.embedded.child import ChildProcess
from app.embedded.mongo import EmbeddedMongo
from app.embedded.server import LOOPBACK, find_free_port
from app.serving import APP_FACTORY, open_listener
from bench.bare import ANSWERS_VARIABLE
from bench.errors import BenchError
from bench.pinning import Cores, check_pinned, children_on

ROOT = Path(__file__).parent.parent
MERN_DIRECTORY = Path(__file__).parent / "mern"

LIMIT, TASKFLEET, EXPRESS = "limit", "taskfleet", "express"
TASKFLEET_DATABASE, EXPRESS_DATABASE = "taskfleet_bench", "express_bench"

# On, so that their cost is measured, and never reached.
UNREACHABLE_RATE = 100_000_000
UNREACHABLE_QUOTA = 100_000_000
# 100,000 tasks with their indexes take some 300 MB; what is measured is not the disk.
MONGO_CACHE_GB = 2.0

READY_TIMEOUT_SECONDS = 60.0
POLL_SECONDS = 0.05
STOP_GRACE_SECONDS = 15.0
INSTALL_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Contender:
    """A running service, reached at `url`."""

    name: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


class Fleet:
    """Starts servers in a work directory and stops them, last one first, when its stack is left."""

    def __init__(self, stack: AsyncExitStack, directory: Path, cores: Cores) -> None:
        self._stack = stack
        self._directory = directory
        self._cores = cores
        self._key_file = directory / "signing-key.pem"
        self.mongo = EmbeddedMongo(
            find_server(MONGOD, EmbeddedSettings().mongod_binary), directory / "mongo", cache_size_gb=MONGO_CACHE_GB
        )
        self.cache = EmbeddedCache(find_server(CACHE_SERVER, EmbeddedSettings().cache_binary), directory / "cache")

    @property
    def database_pids(self) -> tuple[int, int]:
        """The processes that work for every contender but the limit."""
        return self.mongo.child.pid, self.cache.child.pid

    async def start_databases(self) -> None:
        """Start mongod and the cache server, with Taskfleet's collections and indexes."""
        for server in (self.mongo, self.cache):
            with children_on(self._cores.databases):
                await self._stack.enter_async_context(server)
            check_pinned(server.child.pid, self._cores.databases)
        generate_signing_key(self._key_file)
        await apply_migrations(
            Settings(
                runtime=RuntimeSettings(profile="local"),
                mongo=MongoSettings(url=self.mongo.url, database=TASKFLEET_DATABASE),
                jwt=JwtSettings(private_key_file=self._key_file),
            )
        )

    async def start_taskfleet(self) -> Contender:
        """Start one worker of Taskfleet as `taskfleet local` does, its limits on but out of reach."""
        settings = {
            "PROFILE": "local",
            "MONGO_URL": self.mongo.url,
            "MONGO_DATABASE": TASKFLEET_DATABASE,
            "REDIS_URL": self.cache.url,
            "JWT_PRIVATE_KEY_FILE": str(self._key_file),
            "LOG_FORMAT": "json",
            "RATE_LIMIT_USER": f"{UNREACHABLE_RATE}/minute",
            "RATE_LIMIT_ADDRESS": f"{UNREACHABLE_RATE}/minute",
            "RATE_LIMIT_AUTH": f"{UNREACHABLE_RATE}/minute",
            "TASK_QUOTA": str(UNREACHABLE_QUOTA),
        }
        environment = {f"{PREFIX}{name}": value for name, value in settings.items()}
        return await self._start_asgi(TASKFLEET, APP_FACTORY, environment, "/readyz")

    async def start_limit(self, answers: Mapping[str, tuple[int, int]]) -> Contender:
        """Start the bare ASGI app; `answers` are status and length of the body by path."""
        environment = {ANSWERS_VARIABLE: json.dumps({**answers, "/": (200, 0)})}
        return await self._start_asgi(LIMIT, "bench.bare:create_app", environment, "/")

    async def start_express(self) -> Contender:
        """Install and start the Express service on the same servers, with the same tokens."""
        node = shutil.which("node")
        if node is None:
            raise BenchError("there is no node on PATH")
        await self._install_express()
        public_key_file = self._directory / "public-key.pem"
        private_key = load_pem_private_key(self._key_file.read_bytes(), password=None)
        public_key_file.write_bytes(
            private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        port, tokens = find_free_port(), JwtSettings()
        environment = {
            "NODE_ENV": "production",
            "PORT": str(port),
            "MONGO_URL": self.mongo.url,
            "MONGO_DATABASE": EXPRESS_DATABASE,
            "REDIS_URL": self.cache.url.removesuffix("/0") + "/1",
            "JWT_PUBLIC_KEY_FILE": str(public_key_file),
            "JWT_ISSUER": tokens.issuer,
            "JWT_AUDIENCE": tokens.audience,
            "REQUESTS_PER_MINUTE": str(UNREACHABLE_RATE),
        }
        command: list[str | Path] = [node, MERN_DIRECTORY / "src" / "server.js"]
        child = await self._start(EXPRESS, command, environment, ())
        return await self._wait_until_ready(Contender(EXPRESS, port, child.pid), child, "/healthz")

    async def _install_express(self) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise BenchError("there is no npm on PATH")
        log_file = self._directory / "npm.log"
        command: list[str | Path] = [npm, "ci", "--omit=dev", "--ignore-scripts", "--prefix", MERN_DIRECTORY]
        install = await ChildProcess.start("npm", command, log_file=log_file)
        await asyncio.wait([install.exited], timeout=INSTALL_TIMEOUT_SECONDS)
        await install.kill()
        if install.exited.result() != 0:
            last_line = log_file.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            raise BenchError(f"npm ci failed ({install.describe_end()}): {last_line}")

    async def _start_asgi(self, name: str, factory: str, environment: Mapping[str, str], probe: str) -> Contender:
        with open_listener(LOOPBACK, 0) as listener:
            port: int = listener.getsockname()[1]
            command = [sys.executable, "-P", "-m", "app.serving", str(listener.fileno()), factory]
            import_path = {"PYTHONPATH": str(ROOT)}
            child = await self._start(name, command, {**environment, **import_path}, (listener.fileno(),))
        return await self._wait_until_ready(Contender(name, port, child.pid), child, probe)

    async def _start(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        descriptors: Sequence[int],
    ) -> ChildProcess:
        inherited = {
            key: value for key, value in os.environ.items() if not key.startswith((PREFIX, "PYTHON", "NODE"))
        }
        with children_on(self._cores.server):
            child = await ChildProcess.start(
                name,
                command,
                log_file=self._directory / f"{name}.log",
                environment={**inherited, **environment},
                pass_fds=descriptors,
            )
        self._stack.push_async_callback(child.stop, STOP_GRACE_SECONDS)
        check_pinned(child.pid, self._cores.server)
        return child

    async def _wait_until_ready(self, contender: Contender, child: ChildProcess, path: str) -> Contender:
        deadline = asyncio.get_running_loop().time() + READY_TIMEOUT_SECONDS
        async with httpx.AsyncClient() as client:
            while asyncio.get_running_loop().time() < deadline and not child.exited.done():
                try:
                    if (await client.get(contender.url + path)).is_success:
                        return contender
                except httpx.TransportError:
                    pass
                await asyncio.sleep(POLL_SECONDS)
        raise BenchError(f"{contender.name} was not ready: {self._last_line_of_log(contender.name)}")

    def _last_line_of_log(self, name: str) -> str:
        log = (self._directory / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        return log.strip().rpartition("\n")[2] or "its log is empty"
