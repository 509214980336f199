"""What keeps two runs and two imports of an account apart, and what is told of one that did not end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.tasks.import_repository import SLOT_LIFETIME, ImportRepository
from app.tasks.portability import imports as imports_module
from app.tasks.portability.import_job import ImportJob
from app.tasks.portability.imports import Imports
from tests.conftest import FailPoint
from tests.fakes.clock import FakeClock
from tests.integration.portability.calls import (
    IMPORT,
    IMPORTS,
    Json,
    document,
    export,
    import_all,
    send,
    until_ended,
)
from tests.integration.portability.conftest import Gate
from tests.integration.tasks.calls import delete_list, expect, expect_problem, read
from tests.waiting import until

RawDatabase = AsyncDatabase[dict[str, Any]]

FILE = document(*({"id": name} for name in "abcdef"))
HEADERS = {"Content-Type": "application/json"}


def titles_in(exported: Json) -> list[str]:
    return [task["title"] for task in exported["tasks"]]


class SlowUpload:
    """A file of which the second half comes when `rest` is set."""

    def __init__(self) -> None:
        self.is_begun, self.rest = asyncio.Event(), asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"format":"taskfleet","version":1,"lists":[],'
        self.is_begun.set()
        await self.rest.wait()
        yield b'"tasks":[{"title":"late"}]}'

    def send(self, client: httpx.AsyncClient) -> "asyncio.Task[httpx.Response]":
        return asyncio.create_task(client.post(IMPORT, content=self, headers=HEADERS))


class Pause:
    """Holds the first run ahead of a chunk; when it is let go it goes on, or fails with `error`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, chunks: int) -> None:
        self.is_reached, self.let_go = asyncio.Event(), asyncio.Event()
        self.error: Exception | None = None
        make, remaining = ImportJob._make, chunks

        async def pass_pause(job: ImportJob, *arguments: Any) -> None:
            nonlocal remaining
            remaining -= 1
            if remaining == -1:
                self.is_reached.set()
                await self.let_go.wait()
                if self.error is not None:
                    raise self.error
            await make(job, *arguments)

        monkeypatch.setattr(ImportJob, "_make", pass_pause)

    async def end(self, imports: Imports) -> None:
        """Let the first run go, and wait for its end."""
        self.let_go.set()
        while imports._running:
            await asyncio.wait(imports._running)


@pytest.fixture
def pause(impatient: Imports, monkeypatch: pytest.MonkeyPatch) -> Pause:
    """Holds the first run after it has made one chunk."""
    return Pause(monkeypatch, 1)


class TestARunThatWasSlow:
    @pytest.mark.parametrize("error", [None, RuntimeError("broken")], ids=["and goes on", "and fails"])
    async def test_changes_nothing_once_another_has_ended_its_import(
        self, ann: httpx.AsyncClient, impatient: Imports, pause: Pause, clock: FakeClock, error: Exception | None
    ) -> None:
        location = (await send(ann, FILE, key="k")).headers["location"]
        await pause.is_reached.wait()
        clock.advance(21)
        await send(ann, FILE, key="k")
        report = await until_ended(ann, location)

        pause.error = error
        await pause.end(impatient)

        assert expect(await ann.get(location)) == report
        assert (report["state"], report["tasks"]["created"]) == ("finished", 6)
        assert titles_in(await export(ann)) == [f"Task {number}" for number in range(6)]

    async def test_writes_nothing_more_once_the_account_has_another_import(
        self, ann: httpx.AsyncClient, impatient: Imports, pause: Pause, clock: FakeClock
    ) -> None:
        await send(ann, FILE, key="k")
        await pause.is_reached.wait()
        clock.advance(21)
        await send(ann, document({"title": "other"}), key="other")

        await pause.end(impatient)

        assert titles_in(await export(ann)) == ["Task 0", "Task 1", "other"]

    async def test_goes_on_if_nobody_came_meanwhile(
        self, ann: httpx.AsyncClient, impatient: Imports, pause: Pause, clock: FakeClock
    ) -> None:
        """The control."""
        await send(ann, FILE, key="k")
        await pause.is_reached.wait()
        clock.advance(21)

        await pause.end(impatient)

        assert len(titles_in(await export(ann))) == 6


class TestAChunkThatIsNotCommitted:
    async def test_is_made_by_the_next_run(self, ann: httpx.AsyncClient, gate: Gate, failing: FailPoint) -> None:
        gate.remaining = 2
        sent = asyncio.create_task(send(ann, FILE, key="k"))
        await gate.is_reached.wait()
        async with failing("commitTransaction", errorCode=50):
            gate.opened.set()
            gate.remaining = 100
            assert (await sent).status_code == 503
        assert len(titles_in(await export(ann))) == 4

        report = expect(await send(ann, FILE, key="k"))

        assert report["tasks"] == {"created": 6, "skipped": 0, "failed": 0}
        assert titles_in(await export(ann)) == [f"Task {number}" for number in range(6)]


class TestAListThatIsDeletedBetweenTwoRuns:
    async def test_takes_the_rest_of_its_tasks_along(self, ann: httpx.AsyncClient, gate: Gate) -> None:
        tasks = [{"list_id": "home"} for _ in range(4)]
        file = document(*tasks, lists=({"id": "home", "name": "Home"},))
        gate.remaining, gate.error = 1, RuntimeError("broken")
        await send(ann, file, key="k")
        (home,) = (await read(ann, "/lists"))["items"]
        await delete_list(ann, home)
        gate.remaining = 100

        report = expect(await send(ann, file, key="k"))

        assert report["tasks"] == {"created": 1, "skipped": 0, "failed": 3}
        assert "is gone" in report["errors"][0]["detail"]


class TestASlowUpload:
    async def test_keeps_the_account_as_long_as_it_lasts(
        self, ann: httpx.AsyncClient, clock: FakeClock, raw_database: RawDatabase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(imports_module, "_RENEWAL_SECONDS", 0.01)
        upload = SlowUpload()
        sent = upload.send(ann)
        await upload.is_begun.wait()

        async def is_renewed() -> bool:
            (slot,) = await raw_database["imports"].find().to_list()
            return bool(slot["alive_until"] == clock.now() + SLOT_LIFETIME)

        for _ in range(2):
            clock.advance(15)
            await until(is_renewed)

        expect_problem(await send(ann, FILE), 409, "import-under-way")
        upload.rest.set()
        assert expect(await sent)["state"] == "finished"

    async def test_that_lost_the_account_is_refused(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        upload = SlowUpload()
        sent = upload.send(ann)
        await upload.is_begun.wait()
        clock.advance(21)
        await import_all(ann, FILE)
        upload.rest.set()

        expect_problem(await sent, 409, "import-under-way")
        assert len(titles_in(await export(ann))) == 6

    async def test_leaves_nothing_of_an_account_that_was_erased_meanwhile(
        self, ann: httpx.AsyncClient, raw_database: RawDatabase
    ) -> None:
        upload = SlowUpload()
        sent = upload.send(ann)
        await upload.is_begun.wait()
        assert (await ann.delete("/api/v1/me")).status_code == 202

        async def is_erased() -> bool:
            return await raw_database["imports"].find_one() is None

        await until(is_erased)
        upload.rest.set()

        expect_problem(await sent, 401, "unauthenticated")
        assert await is_erased()


class TestAnImportThatBreaksOffWithoutAKey:
    async def test_is_answered_with_what_came_in(self, ann: httpx.AsyncClient, gate: Gate) -> None:
        gate.remaining, gate.error = 2, RuntimeError("broken")

        report = expect(await send(ann, FILE))

        assert (report["state"], report["tasks"]["created"]) == ("interrupted", 4)
        assert expect(await ann.get(f"{IMPORTS}/{report['id']}")) == report

    async def test_may_be_sent_again_if_nothing_came_in(self, ann: httpx.AsyncClient, gate: Gate) -> None:
        gate.remaining, gate.error = 0, RuntimeError("broken")

        answer = await send(ann, FILE)

        assert "Idempotency-Key" not in expect_problem(answer, 503, "service-unavailable")["detail"]
        assert int(answer.headers["retry-after"]) > 0
        gate.remaining = 100
        await import_all(ann, FILE)
        assert len(titles_in(await export(ann))) == 6


class TestAnImportThatEndsWhileItIsRead:
    async def test_is_not_taken_for_one_that_broke_off(
        self, ann: httpx.AsyncClient, impatient: Imports, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        find_slot = ImportRepository.find_slot

        async def find_late(repository: ImportRepository, user_id: UUID) -> Any:
            while impatient._running:
                await asyncio.wait(impatient._running)
            return await find_slot(repository, user_id)

        monkeypatch.setattr(ImportRepository, "find_slot", find_late)

        assert expect(await send(ann, FILE))["state"] == "finished"
