"""Kills workers one after the other until so many are dead, has a last one finish, and counts what was received."""

import multiprocessing
import signal
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from pymongo.asynchronous.database import AsyncDatabase

from app.data.outbox import OutboxEntry, derive_id, occurrence_of
from tests.faults.outbox.worker import POINTS, Doom, Point, Stage, open_courier, work
from tests.waiting import until

# Workers at a time.
_WORKERS = 3
# What a dead worker's transaction has locked is tried again after a while, and later each time.
_FINISH_SECONDS = 90.0
# So many entries wait at least, so that each worker comes to its point.
_SUPPLY = 40

RawDatabase = AsyncDatabase[dict[str, Any]]
# A process that has imported all there is, of which each worker is a fork: starting one takes milliseconds.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.faults.outbox.worker"])


@dataclass(frozen=True)
class Outcome:
    """What came of a run. `interrupted` are the workers that had sent something and not yet marked it."""

    kills: int
    planned: frozenset[UUID]
    received: Counter[UUID]
    interrupted: int
    notices: int

    @property
    def lost(self) -> int:
        """Messages that nobody got."""
        return len(self.planned - self.received.keys())

    @property
    def repeats(self) -> int:
        """Messages that came once more."""
        return self.received.total() - len(self.received)


class Killing:
    """One run on one database."""

    def __init__(self, stage: Stage, database: RawDatabase, user_ids: Sequence[UUID], seed: int) -> None:
        self._stage = stage
        self._database = database
        self._user_ids = user_ids
        self._random = Random(seed)
        self._planned: set[UUID] = set()

    async def run(self, kills: int, points: Sequence[Point] = POINTS) -> Outcome:
        """Have so many workers killed, each point in turn."""
        killed = 0
        workers: list[Any] = []
        try:
            while killed < kills:
                await self._supply()
                while len(workers) < min(_WORKERS, kills - killed):
                    point = points[(killed + len(workers)) % len(points)]
                    workers.append(self._start(point))
                await until(lambda: any(worker.exitcode is not None for worker in workers))
                for worker in [worker for worker in workers if worker.exitcode is not None]:
                    assert worker.exitcode == -signal.SIGKILL, "a worker ended otherwise"
                    workers.remove(worker)
                    killed += 1
        finally:
            for worker in workers:
                worker.kill()
        await self._finish()
        return await self._count(killed)

    def _start(self, point: Point) -> Any:
        worker = _processes.Process(target=work, args=(self._stage, point, self._random.randrange(3)), daemon=True)
        worker.start()
        return worker

    async def _supply(self) -> None:
        waiting = await self._database["outbox"].count_documents({"channel": {"$exists": False}})
        entries = [self._make_entry() for _ in range(_SUPPLY - waiting)]
        if entries:
            await self._database["outbox"].insert_many(
                [
                    {
                        "_id": entry.entry_id,
                        "user_id": entry.user_id,
                        **entry.to_fields(),
                        **entry.to_initial_fields(),
                    }
                    for entry in entries
                ]
            )

    def _make_entry(self) -> OutboxEntry:
        number = len(self._planned)
        user_id = self._user_ids[number % len(self._user_ids)]
        at = datetime.now(UTC).replace(microsecond=0)
        content = {"title": f"Task {number}", "due": None, "due_at": None}
        entry = OutboxEntry(user_id, "reminder", str(UUID(int=number)), at, content, occurrence_of(at))
        self._planned.add(derive_id(user_id, entry.kind, entry.subject, entry.occurrence, "push:phone"))
        return entry

    async def _finish(self) -> None:
        """Work until nothing is due any more, nor will be when the leases of the dead have ended."""
        store, courier = open_courier(self._stage, Doom(None, 0))

        async def is_done() -> bool:
            soon = datetime.now(UTC) + timedelta(hours=1)
            return await self._database["outbox"].count_documents({"due_at": {"$lt": soon}}) == 0

        try:
            async with courier.run():
                await until(is_done, deadline_seconds=_FINISH_SECONDS)
        finally:
            await store.close()

    async def _count(self, killed: int) -> Outcome:
        received: Counter[UUID] = Counter()
        unmarked: defaultdict[str, set[str]] = defaultdict(set)
        for line in self._stage.received.read_text().splitlines():
            process, what, key = line.split()
            if what == "sent":
                received[UUID(key)] += 1
                unmarked[process].add(key)
            else:
                unmarked[process].discard(key)
        interrupted = sum(map(bool, unmarked.values()))
        notices = await self._database["notifications"].count_documents({})
        return Outcome(killed, frozenset(self._planned), received, interrupted, notices)
