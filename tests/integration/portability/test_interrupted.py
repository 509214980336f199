"""Imports that take long, are repeated, or break off: nothing is lost, and nothing comes in twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.tasks.portability.imports import Imports
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
    without_ids,
)
from tests.integration.portability.conftest import Gate
from tests.integration.tasks.calls import delete_list, expect, expect_problem, read

LISTS = ({"id": "home", "name": "Home"},)
TASKS = (
    {"id": "a", "list_id": "home"},
    {"id": "b", "parent_id": "a"},
    {"title": ""},
    {"id": "c"},
    {"id": "d", "parent_id": "c"},
    {"id": "e", "parent_id": "a", "list_id": "home"},
    {},
)
FILE = document(*TASKS, lists=LISTS)


class TestAnImportThatTakesLong:
    async def test_is_answered_with_202_and_goes_on(
        self, ann: httpx.AsyncClient, gate: Gate, impatient: Imports
    ) -> None:
        gate.remaining = 1

        answer = await send(ann, FILE)

        report = expect(answer, 202)
        assert report["state"] == "running"
        assert answer.headers["location"] == f"{IMPORTS}/{report['id']}"
        assert int(answer.headers["retry-after"]) > 0
        await gate.is_reached.wait()
        gate.opened.set()
        report = await until_ended(ann, answer.headers["location"])
        assert (report["state"], report["tasks"]) == ("finished", {"created": 6, "skipped": 0, "failed": 1})

    async def test_keeps_others_of_the_account_off(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, gate: Gate, impatient: Imports
    ) -> None:
        gate.remaining = 1
        answer = await send(ann, FILE, key="k")
        await gate.is_reached.wait()

        for key in (None, "k", "other"):
            refused = await send(ann, FILE, key=key)
            expect_problem(refused, 409, "import-under-way")
            assert refused.headers["location"] == answer.headers["location"]

        gate.remaining = 100
        expect(await send(bob, document()), 202)
        gate.opened.set()
        await until_ended(ann, answer.headers["location"])

    async def test_tells_how_far_it_is(self, ann: httpx.AsyncClient, gate: Gate, impatient: Imports) -> None:
        gate.remaining = 2
        answer = await send(ann, FILE)
        await gate.is_reached.wait()

        report = expect(await ann.get(answer.headers["location"]))

        assert (report["state"], report["lists"], report["tasks"]["created"]) == ("running", {"created": 1}, 3)
        gate.opened.set()
        await until_ended(ann, answer.headers["location"])

    async def test_leaves_out_what_has_lost_its_list_meanwhile(
        self, ann: httpx.AsyncClient, gate: Gate, impatient: Imports
    ) -> None:
        gate.remaining = 1
        answer = await send(ann, FILE)
        await gate.is_reached.wait()
        (home,) = (await read(ann, "/lists"))["items"]
        deleting = asyncio.create_task(delete_list(ann, home))
        gate.opened.set()
        await deleting

        report = await until_ended(ann, answer.headers["location"])

        assert all(task["list_id"] is None for task in (await export(ann))["tasks"])
        assert report["state"] == "finished"


class TestTheSameKey:
    async def test_is_answered_with_the_same_report(self, ann: httpx.AsyncClient) -> None:
        first, second = [await send(ann, FILE, key="k") for _ in range(2)]

        assert expect(second) == expect(first)
        assert "idempotency-replayed" not in first.headers
        assert second.headers["idempotency-replayed"] == "true"
        assert len((await export(ann))["tasks"]) == 6

    async def test_is_answered_with_the_same_problem(self, ann: httpx.AsyncClient) -> None:
        first, second = [await send(ann, b"{", key="k") for _ in range(2)]

        for answer in (first, second):
            expect_problem(answer, 422, "import-unreadable")
        assert "idempotency-replayed" not in first.headers
        assert second.headers["idempotency-replayed"] == "true"

    @pytest.mark.parametrize(
        ("content", "parameters"), [(document(), {}), (FILE, {"dry_run": True})], ids=["file", "parameter"]
    )
    async def test_is_refused_for_anything_else(
        self, ann: httpx.AsyncClient, content: Json, parameters: dict[str, Any]
    ) -> None:
        await send(ann, FILE, key="k")

        expect_problem(await send(ann, content, key="k", **parameters), 422, "idempotency-key-reused")

    async def test_is_another_ones_own(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        for client in (ann, bob):
            expect(await send(client, FILE, key="k"))

        assert len((await export(bob))["tasks"]) == 6


@pytest.fixture
async def whole(bob: httpx.AsyncClient) -> Json:
    """What an account holds into which the file came without any trouble."""
    report = (await send(bob, FILE)).json()
    await until_ended(bob, f"{IMPORTS}/{report['id']}")
    return without_ids(await export(bob))["tasks"]


class TestAnImportThatBreaksOff:
    @pytest.mark.parametrize("chunks", range(5))
    async def test_goes_on_with_the_same_key(
        self, ann: httpx.AsyncClient, gate: Gate, chunks: int, whole: Json
    ) -> None:
        gate.remaining, gate.error = chunks, RuntimeError("broken")
        answer = await send(ann, FILE, key="k")
        assert answer.status_code == (503 if chunks < 4 else 200)
        gate.remaining = 100

        report = expect(await send(ann, FILE, key="k"))

        assert without_ids(await export(ann))["tasks"] == whole
        assert (report["state"], report["tasks"]) == ("finished", {"created": 6, "skipped": 0, "failed": 1})
        assert report["lists"] == {"created": 1}
        assert len(report["errors"]) == 1

    async def test_comes_in_twice_with_another_key(self, ann: httpx.AsyncClient, gate: Gate, whole: Json) -> None:
        """The control."""
        gate.remaining, gate.error = 2, RuntimeError("broken")
        await send(ann, FILE, key="k")
        gate.remaining = 100

        expect(await send(ann, FILE, key="another"))

        assert len((await export(ann))["tasks"]) > len(whole)

    async def test_is_interrupted_when_the_service_ends(
        self, app: FastAPI, ann: httpx.AsyncClient, gate: Gate, impatient: Imports, whole: Json
    ) -> None:
        gate.remaining = 1
        answer = await send(ann, FILE, key="k")
        await gate.is_reached.wait()
        impatient._stop.set()
        gate.opened.set()

        assert (await until_ended(ann, answer.headers["location"]))["state"] == "interrupted"
        assert 0 < len((await export(ann))["tasks"]) < len(whole)

        impatient._stop.clear()
        again = await send(ann, FILE, key="k")
        await until_ended(ann, again.headers["location"])
        assert without_ids(await export(ann))["tasks"] == whole

    async def test_is_taken_over_from_a_process_that_died(
        self, ann: httpx.AsyncClient, gate: Gate, impatient: Imports, clock: FakeClock, whole: Json
    ) -> None:
        gate.remaining = 2
        answer = await send(ann, FILE, key="k")
        await gate.is_reached.wait()  # and there it stays, as one whose process was stopped

        clock.advance(19)
        assert expect(await ann.get(answer.headers["location"]))["state"] == "running"
        clock.advance(2)
        assert expect(await ann.get(answer.headers["location"]))["state"] == "interrupted"

        gate.remaining = 100
        again = asyncio.create_task(send(ann, FILE, key="k"))
        gate.opened.set()  # the first one wakes up, and would write the same
        await again
        report = await until_ended(ann, answer.headers["location"])
        assert report["tasks"] == {"created": 6, "skipped": 0, "failed": 1}
        assert without_ids(await export(ann))["tasks"] == whole


class TestAClientThatGoesAway:
    async def test_gives_the_account_back(self, ann: httpx.AsyncClient) -> None:
        async def stream() -> AsyncIterator[bytes]:
            yield b"{"
            raise ConnectionError("gone")

        headers = {"Content-Type": "application/json"}
        assert (await ann.post(IMPORT, content=stream(), headers=headers)).status_code == 500

        await import_all(ann, document({}))
