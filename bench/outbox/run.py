"""One run: workers on a database in which many reminders wait and some are due every second, then all at once."""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pymongo import AsyncMongoClient

from app.bootstrap import apply_migrations
from app.core.clock import to_milliseconds
from app.core.settings import PREFIX, EmbeddedSettings, MongoSettings, RuntimeSettings, Settings
from app.embedded.binaries import MONGOD, find_server
from app.embedded.child import ChildProcess
from app.embedded.mongo import EmbeddedMongo
from bench.outbox.lags import find_lags, spread_evenly
from bench.outbox.reminders import RawDatabase, Watch, add_reminders, add_users
from bench.processes import cpu_seconds, peak_memory_mb
from bench.stage import say

_DATABASE = "taskfleet_outbox_bench"
_MONGO_CACHE_GB = 2.0
# Until the workers have started and look for what is due; on a busy machine imports take a while.
_LEAD_SECONDS = 15
# What is not told so long after it was due is told as missing.
_PATIENCE_SECONDS = 30
# How long the workers are watched at a backlog.
_BACKLOG_SECONDS = 20
_STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Options:
    """What is measured: reminders due a second for so many seconds, and how many wait besides."""

    rate: int
    seconds: int
    workers: int
    waiting: int


@dataclass(frozen=True)
class Figures:
    """Lags in milliseconds from when a reminder was due until others could read its notice."""

    due: int
    told: int
    lag_p50_ms: float
    lag_p99_ms: float
    lag_max_ms: float
    worker_cpu_ms: float
    mongod_cpu_ms: float
    memory_mb: float
    backlog: int
    backlog_rate: float
    backlog_memory_mb: float


async def measure(options: Options, directory: Path) -> Figures:
    """Run it all and take everything down again."""
    async with AsyncExitStack() as stack:
        binary = find_server(MONGOD, EmbeddedSettings().mongod_binary)
        mongo = EmbeddedMongo(binary, directory / "mongo", cache_size_gb=_MONGO_CACHE_GB)
        await stack.enter_async_context(mongo)
        settings = MongoSettings(url=mongo.url, database=_DATABASE)
        await apply_migrations(Settings(runtime=RuntimeSettings(profile="local"), mongo=settings))
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            mongo.url, uuidRepresentation="standard", tz_aware=True
        )
        stack.push_async_callback(client.close)
        database = client[_DATABASE]
        user_ids = await add_users(database)
        say(f"planning {options.waiting:,} reminders for next year")
        later = to_milliseconds(datetime.now(UTC)) + timedelta(days=365)
        await add_reminders(database, user_ids, [later] * options.waiting, first_number=1_000_000_000)
        workers = [await _start_worker(stack, mongo.url) for _ in range(options.workers)]
        return await _Run(options, database, workers, mongo.child.pid).measure(user_ids)


async def _start_worker(stack: AsyncExitStack, mongo_url: str) -> ChildProcess:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
        f"{PREFIX}PROFILE": "local",
        f"{PREFIX}MONGO_URL": mongo_url,
        f"{PREFIX}MONGO_DATABASE": _DATABASE,
        f"{PREFIX}ENABLED_MODULES": "notifications",
        f"{PREFIX}JWKS_URL": "http://127.0.0.1:9/",
    }
    command = [sys.executable, "-m", "app.cli", "worker"]
    worker = await ChildProcess.start("a worker", command, environment=environment)
    stack.push_async_callback(worker.stop, _STOP_SECONDS)
    return worker


class _Run:
    """The measuring, once everything stands."""

    def __init__(
        self, options: Options, database: RawDatabase, workers: Sequence[ChildProcess], mongod_pid: int
    ) -> None:
        self._options = options
        self._database = database
        self._pids = [worker.pid for worker in workers]
        self._mongod_pid = mongod_pid
        self._watch = Watch()

    async def measure(self, user_ids: Sequence[UUID]) -> Figures:
        """Measure the lag at a steady rate, then what a backlog does."""
        options = self._options
        begin = to_milliseconds(datetime.now(UTC)) + timedelta(seconds=_LEAD_SECONDS)
        instants = spread_evenly(begin, options.rate, options.seconds)
        await add_reminders(self._database, user_ids, instants, first_number=0)
        async with self._watch.over(self._database):
            await asyncio.sleep((begin - datetime.now(UTC)).total_seconds())
            say(f"{options.rate} reminders a second are due, for {options.seconds} s")
            before = self._cpu()
            await self._until_told(len(instants), options.seconds + _PATIENCE_SECONDS)
            worker_cpu, mongod_cpu = (after - was for after, was in zip(self._cpu(), before, strict=True))
        lags = find_lags(instants, self._watch.seen)
        memory = self._memory()
        backlog, backlog_rate = await self._work_at_backlog()
        return Figures(
            due=len(instants),
            told=lags.told,
            lag_p50_ms=lags.p50_ms,
            lag_p99_ms=lags.p99_ms,
            lag_max_ms=lags.max_ms,
            worker_cpu_ms=1000 * worker_cpu / lags.told,
            mongod_cpu_ms=1000 * mongod_cpu / lags.told,
            memory_mb=memory,
            backlog=backlog,
            backlog_rate=backlog_rate,
            backlog_memory_mb=self._memory(),
        )

    async def _until_told(self, due: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while len(self._watch.seen) < due and time.monotonic() < deadline:  # noqa: ASYNC110 - mongod tells by and by
            await asyncio.sleep(0.1)

    async def _work_at_backlog(self) -> tuple[int, float]:
        """Make all that waits due at once, and return how much that was and how many a second were told of it."""
        say("making all of them due at once")
        now = to_milliseconds(datetime.now(UTC))
        result = await self._database["outbox"].update_many({"due_at": {"$gt": now}}, {"$set": {"due_at": now}})
        notices = self._database["notifications"]
        before, began = await notices.count_documents({}), time.monotonic()
        await asyncio.sleep(_BACKLOG_SECONDS)
        told = await notices.count_documents({}) - before
        return result.modified_count, told / (time.monotonic() - began)

    def _cpu(self) -> tuple[float, float]:
        return sum(map(cpu_seconds, self._pids)), cpu_seconds(self._mongod_pid)

    def _memory(self) -> float:
        return max(map(peak_memory_mb, self._pids))
