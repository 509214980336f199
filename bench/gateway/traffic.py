"""People at work: reads of several kinds and changes at a constant rate, each answer noted."""

import asyncio
import itertools
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bench.gateway.connection import Answer, Connection
from bench.gateway.people import sign_in

# So many people send a request each 80 ms: 200 a second, which leaves two cores time for the processes' starts.
PEOPLE = 16
PERIOD_SECONDS = 0.08

Connect = Callable[[], Connection]


@dataclass
class Tally:
    """What became of all requests; failures by method and reason."""

    requests: Counter[str] = field(default_factory=Counter)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    # Titles of tasks whose creation was acknowledged, and of those where nobody knows.
    acknowledged: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def failed(self, *methods: str) -> int:
        """How many requests with these methods failed; with none named, of all."""
        return sum(count for (method, _), count in self.failures.items() if not methods or method in methods)


class Person:
    """Somebody with an account, who does one thing after the other."""

    def __init__(self, connection: Connection, tally: Tally, *, repeats_with_key: bool) -> None:
        self._connection = connection
        self._tally = tally
        self._repeats_with_key = repeats_with_key
        self._headers: dict[str, str] = {}
        self._task_ids: list[str] = []

    async def sign_in(self) -> None:
        """Make an account with a few tasks."""
        self._headers = await sign_in(self._connection)
        for _ in range(5):
            await self._create()

    async def work(self, beginning: int) -> None:
        """Do one thing after the other, at a constant rate, until cancelled; `beginning` counts things and people."""
        actions = [
            *(self._list, self._create, self._look, self._change),
            *(self._page, self._list, self._create, self._remove),
        ]
        # People do not move in step.
        due = time.perf_counter() + PERIOD_SECONDS * beginning / PEOPLE
        turn = beginning % len(actions)
        for action in itertools.cycle((*actions[turn:], *actions[:turn])):
            await action()
            due = max(due + PERIOD_SECONDS, time.perf_counter() - 1)  # nobody catches up more than a second
            await asyncio.sleep(max(due - time.perf_counter(), 0))

    async def titles(self) -> Counter[str]:
        """Return the titles of all tasks, the trash included, with how often each is there."""
        found: Counter[str] = Counter()
        for trash in ("", "&deleted=true"):
            cursor = ""
            while True:
                path = f"/api/v1/tasks?limit=200{trash}{cursor}"
                page = (await self._connection.ask("GET", path, self._headers)).json()
                found.update(task["title"] for task in page["items"])
                if page["next_cursor"] is None:
                    break
                cursor = f"&cursor={page['next_cursor']}"
        return found

    async def _list(self) -> None:
        await self._ask("GET", "/api/v1/tasks?limit=20")

    async def _look(self) -> None:
        await self._ask("GET", f"/api/v1/tasks/{self._task_ids[-1]}")

    async def _page(self) -> None:
        await self._ask("GET", "/api/v1/me")
        await self._ask("GET", "/api/v1/common-tasks")

    async def _change(self) -> None:
        await self._ask("PATCH", f"/api/v1/tasks/{self._task_ids[-1]}", {"priority": 3})

    async def _remove(self) -> None:
        if len(self._task_ids) > 5:
            await self._ask("DELETE", f"/api/v1/tasks/{self._task_ids.pop(0)}")

    async def _create(self) -> None:
        title = uuid.uuid4().hex
        headers = {"Idempotency-Key": title} if self._repeats_with_key else {}
        answer = await self._ask("POST", "/api/v1/tasks", {"title": title}, headers)
        while answer is None and self._repeats_with_key:
            await asyncio.sleep(PERIOD_SECONDS)
            answer = await self._ask("POST", "/api/v1/tasks", {"title": title}, headers)
        if answer is None:
            self._tally.unknown.add(title)
        else:
            self._tally.acknowledged.add(title)
            self._task_ids.append(answer.json()["id"])

    async def _ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer | None:
        """Return the answer, or None after a failure, which is noted."""
        self._tally.requests[method] += 1
        try:
            answer = await self._connection.ask(method, path, self._headers | (headers or {}), body)
        except (OSError, EOFError, asyncio.IncompleteReadError) as error:
            self._tally.failures[method, type(error).__name__] += 1
            return None
        if answer.status < 400:
            return answer
        self._tally.failures[method, f"{answer.status} {answer.json()['type'].rpartition('/')[2]}"] += 1
        return None


@asynccontextmanager
async def people_at_work(connect: Connect, tally: Tally) -> AsyncIterator[list[Person]]:
    """Keep everybody at work while the block runs; half of them repeat what failed, with an idempotency key."""
    people = [Person(connect(), tally, repeats_with_key=number % 2 == 0) for number in range(PEOPLE)]
    await asyncio.gather(*(person.sign_in() for person in people))
    at_work = [asyncio.create_task(person.work(number)) for number, person in enumerate(people)]
    try:
        yield people
    finally:
        await _end(at_work)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
