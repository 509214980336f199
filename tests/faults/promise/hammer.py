"""The hammer: writers count up in what they write, and no reader may see less than was acknowledged when it asked."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.faults.promise.http_connection import HttpConnection, RawAnswer
from tests.faults.promise.stage import ServiceProcess, Stage

USERS = 4
READERS_A_PROCESS = 6
# A change ends what is cached of its user. Between two of them there must be time for reads of what is cached, and
# now and then none at all.
LONGEST_PAUSE_SECONDS = 1.0
# A reader that was refused or cut off waits this long before it comes again.
PAUSE_AFTER_ERROR_SECONDS = 0.02

# What is read: how to ask, where `{task}` stands for the user's task, and where the number is in the answer.
Reading = tuple[str, Callable[[Any, str], int]]


@dataclass(slots=True)
class User:
    """Somebody with a task, a name and a growing number of other tasks; each with the highest acknowledged number."""

    headers: dict[str, str]
    task_id: str = ""
    acknowledged: Counter[str] = field(default_factory=Counter)


def _title_in_list(page: Any, task_id: str) -> int:
    return next(int(item["title"]) for item in page["items"] if item["id"] == task_id)


READINGS: dict[str, Reading] = {
    "task": ("/api/v1/tasks/{task}", lambda task, _: int(task["title"])),
    "list": ("/api/v1/tasks?limit=5", _title_in_list),
    "name": ("/api/v1/me", lambda profile, _: int(profile["name"])),
    "count": ("/api/v1/tasks/stats", lambda stats, _: sum(stats["by_status"].values())),
}
# What an acknowledged number of the left is promised in.
_SHOWN_IN = {"task": ("task", "list"), "name": ("name",), "count": ("count",)}


@dataclass(frozen=True, slots=True)
class Violation:
    """A read that showed what had been there before an acknowledged change."""

    kind: str
    status: int
    shown: int
    acknowledged: int
    at: float


@dataclass(slots=True)
class Tally:
    """What was seen. Times are those of `time.monotonic`."""

    reads: int = 0
    writes: int = 0
    unchanged: int = 0
    violations: list[Violation] = field(default_factory=list)
    server_errors: Counter[str] = field(default_factory=Counter)
    surprises: Counter[str] = field(default_factory=Counter)
    durations: list[tuple[float, float]] = field(default_factory=list)

    def note_status(self, answer: RawAnswer) -> bool:
        """Whether the answer is a success; the others are counted."""
        if answer.status < 400:
            return True
        if answer.status >= 500:
            self.server_errors[f"{answer.status} {answer.json()['detail']}"] += 1
        else:
            self.surprises[f"status {answer.status}"] += 1
        return False


class Hammer:
    """Reads and writes until told to stop."""

    def __init__(self, stage: Stage) -> None:
        self._processes = stage.processes
        self.tally = Tally()
        self._users: list[User] = []
        self._seen: dict[tuple[int, str], tuple[str, int]] = {}
        self._is_over = False

    async def prepare(self) -> None:
        """Sign everybody in and make what will be changed."""
        _, immortal = self._processes  # a change may end the other before there is anybody to revive it
        for number in range(USERS):
            async with HttpConnection(immortal.port) as connection:
                body = {"email": f"user{number}@example.com", "name": "0"}
                signed_in = await connection.request("POST", "/api/v1/auth/dev/login", {}, body)
                user = User({"Authorization": f"Bearer {signed_in.json()['access_token']}"})
                created = await connection.request("POST", "/api/v1/tasks", user.headers, {"title": "0"})
                user.task_id = created.json()["id"]
                user.acknowledged["count"] = 1
            self._users.append(user)

    async def run(self, enough: Callable[[Tally], bool]) -> Tally:
        """Hammer until there was enough, and let everything under way end."""
        readers = [self._read(process, number) for process in self._processes for number in range(READERS_A_PROCESS)]
        first, second = self._processes
        writers = [
            writer
            for user in self._users
            for writer in (self._write_tasks(first, user), self._write_name(second, user))
        ]
        async with asyncio.TaskGroup() as group:
            for work in (*readers, *writers):
                group.create_task(work)
            while not enough(self.tally):  # noqa: ASYNC110 - who knows how much is enough looks at the clock as well
                await asyncio.sleep(0.05)
            self._is_over = True
        return self.tally

    async def _read(self, process: ServiceProcess, seed: int) -> None:
        dice = random.Random(seed)
        async with HttpConnection(process.port) as connection:
            while not self._is_over:
                number = dice.randrange(USERS)
                if not process.is_up or not await self._try(
                    self._read_once(connection, number, dice.choice(list(READINGS)), dice.random() < 0.5)
                ):
                    await asyncio.sleep(PAUSE_AFTER_ERROR_SECONDS)

    async def _read_once(self, connection: HttpConnection, number: int, kind: str, asks_for_changes: bool) -> None:
        user = self._users[number]
        path, number_in = READINGS[kind]
        etag, known = self._seen.get((number, kind), ("", 0))
        headers = {**user.headers, "If-None-Match": etag} if etag and asks_for_changes else user.headers
        acknowledged, began = user.acknowledged[kind], time.monotonic()
        answer = await connection.request("GET", path.format(task=user.task_id), headers)
        self.tally.durations.append((began, time.monotonic() - began))
        if not self.tally.note_status(answer):
            raise ConnectionError("refused")
        self.tally.reads += 1
        if answer.status == 304:
            self.tally.unchanged += 1
            shown = known
        else:
            shown = number_in(answer.json(), user.task_id)
            assert answer.etag is not None
            self._seen[number, kind] = (answer.etag, shown)
        if shown < acknowledged:
            self.tally.violations.append(Violation(kind, answer.status, shown, acknowledged, began))

    async def _write_tasks(self, process: ServiceProcess, user: User) -> None:
        async with HttpConnection(process.port) as connection:
            for number in count(1):
                if self._is_over:
                    return
                if number % 3:
                    path = f"/api/v1/tasks/{user.task_id}"
                    await self._write(
                        process, connection, user, "task", number, ("PATCH", path, {"title": str(number)})
                    )
                else:
                    total = user.acknowledged["count"] + 1
                    await self._write(
                        process, connection, user, "count", total, ("POST", "/api/v1/tasks", {"title": "more"})
                    )

    async def _write_name(self, process: ServiceProcess, user: User) -> None:
        async with HttpConnection(process.port) as connection:
            for number in count(1):
                if self._is_over:
                    return
                await self._write(
                    process, connection, user, "name", number, ("PATCH", "/api/v1/me", {"name": str(number)})
                )

    async def _write(
        self,
        process: ServiceProcess,
        connection: HttpConnection,
        user: User,
        kind: str,
        number: int,
        change: tuple[str, str, object],
    ) -> None:
        async def write_once() -> None:
            method, path, body = change
            answer = await connection.request(method, path, user.headers, body)
            if not self.tally.note_status(answer):
                raise ConnectionError("refused")
            self.tally.writes += 1
            for shown_in in _SHOWN_IN[kind]:
                user.acknowledged[shown_in] = number

        if process.is_up:
            await self._try(write_once())
        pause_seconds = random.uniform(0, LONGEST_PAUSE_SECONDS) if random.random() < 0.7 else 0
        await asyncio.sleep(pause_seconds)

    async def _try(self, work: Coroutine[Any, Any, None]) -> bool:
        try:
            await work
        except (OSError, EOFError) as error:
            if str(error) != "refused":
                self.tally.surprises[type(error).__name__] += 1
            return False
        return True


def percentile_ms(durations: Sequence[float], share: float) -> float:
    """Return the duration in milliseconds that this share does not exceed; 0 of none."""
    if not durations:
        return 0.0
    ordered = sorted(durations)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000
