"""`GET /events` over a real connection: what a client hears first, next and last."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from app.api.event_stream import MAX_STREAMS
from tests.conftest import SignIn
from tests.integration.api.problem_shape import assert_problem
from tests.integration.events.conftest import (
    DEADLINE_SECONDS,
    QUICK_HEARTBEAT_SECONDS,
    Process,
    StartProcess,
    create_task,
    opened,
    until,
)


class TestAStream:
    async def test_says_what_it_is(self, process: Process, ann: httpx.AsyncClient) -> None:
        async with process.stream(ann) as stream:
            headers = stream.answer.headers
            assert stream.answer.status_code == 200
            assert headers["Content-Type"].partition(";")[0] == "text/event-stream"
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Accel-Buffering"] == "no"
            assert "Content-Length" not in headers

    async def test_tells_first_where_the_user_stands_and_how_long_to_stay_away(
        self, process: Process, ann: httpx.AsyncClient
    ) -> None:
        revision = await create_task(ann)
        async with process.stream(ann) as stream:
            first = await stream.read_part()
            assert first[":"] == f"revision {revision}"
            assert 1_000 <= int(first["retry"]) <= 5_000
            assert await stream.read_part() == {
                "event": "revision",
                "id": str(revision),
                "data": f'{{"revision": {revision}}}',
            }

    async def test_tells_each_change_once_and_in_order(self, process: Process, ann: httpx.AsyncClient) -> None:
        async with process.stream(ann) as stream:
            told = [await stream.read_revision()]
            for _ in range(5):
                told += await stream.read_until(await create_task(ann))

        assert told == [0, 1, 2, 3, 4, 5]

    async def test_tells_of_changes_of_the_profile_as_well(self, process: Process, ann: httpx.AsyncClient) -> None:
        async with process.stream(ann) as stream:
            await stream.read_revision()
            answer = await ann.patch("/api/v1/me", json={"name": "Anna"})
            assert await stream.read_revision() == answer.json()["revision"]

    @pytest.mark.parametrize("patch", [{"role": "admin"}, {"disabled": True}])
    async def test_tells_of_what_an_administrator_changes(
        self, process: Process, ann: httpx.AsyncClient, sign_in: SignIn, raw_database: Any, patch: dict[str, Any]
    ) -> None:
        ann_id = (await ann.get("/api/v1/me")).json()["id"]
        await sign_in("root@example.com")
        await raw_database["users"].update_one({"email": "root@example.com"}, {"$set": {"role": "admin"}})
        root = await sign_in("root@example.com")
        async with process.stream(ann) as stream:
            assert await stream.read_revision() == 0
            answer = await root.patch(f"/api/v1/admin/users/{ann_id}", json=patch)
            assert answer.status_code == 200
            assert await stream.read_revision() == 1

    async def test_never_goes_back_while_many_change_at_once(self, process: Process, ann: httpx.AsyncClient) -> None:
        async with process.stream(ann) as stream:
            await asyncio.gather(*(create_task(ann) for _ in range(30)))
            told = await stream.read_until(30)

        assert told == sorted(set(told))

    async def test_is_refused_to_one_who_is_not_signed_in(self, process: Process, app: object) -> None:
        async with process.client() as client:
            assert_problem(await client.get("/api/v1/events"), 401)

    async def test_takes_no_query(self, process: Process, ann: httpx.AsyncClient) -> None:
        async with process.client(ann) as client:
            assert_problem(await client.get("/api/v1/events?since=3"), 422)

    async def test_has_a_head_that_ends(self, process: Process, ann: httpx.AsyncClient) -> None:
        async with process.client(ann) as client:
            answer = await client.head("/api/v1/events")

        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        await until(lambda: process.streams_of_all() == 0)


class TestALastEventId:
    @pytest.mark.parametrize("last_event_id", ["2", "0", "4", "0002", "9007199254740991"])
    async def test_other_than_the_current_revision_is_answered_at_once(
        self, last_event_id: str, process: Process, ann: httpx.AsyncClient
    ) -> None:
        for _ in range(3):
            await create_task(ann)
        async with process.stream(ann, last_event_id) as stream:
            assert await stream.read_revision() == 3
            assert await stream.read_until(await create_task(ann)) == [4]

    async def test_that_is_the_current_revision_is_told_the_next_one_only(
        self, process: Process, ann: httpx.AsyncClient
    ) -> None:
        revision = await create_task(ann)
        async with process.stream(ann, str(revision)) as stream:
            assert await stream.read_heartbeat() == revision
            assert await stream.read_until(await create_task(ann)) == [revision + 1]

    @pytest.mark.parametrize("last_event_id", ["", "x", "-1", "1.0", "+1", "1 1", "9" * 400, "²", "0x1"])
    async def test_that_is_no_revision_counts_as_none(
        self, last_event_id: str, process: Process, ann: httpx.AsyncClient
    ) -> None:
        revision = await create_task(ann)
        headers = [(b"Last-Event-ID", last_event_id.encode("latin-1"))]
        async with process.client(ann) as client, client.stream("GET", "/api/v1/events", headers=headers) as answer:
            assert answer.status_code == 200
            lines = answer.aiter_lines()
            async with asyncio.timeout(DEADLINE_SECONDS):
                seen = [await anext(lines) for _ in range(6)]

        assert f"id: {revision}" in seen


class TestTwoProcesses:
    async def test_tell_each_other_within_a_second(self, start_process: StartProcess, ann: httpx.AsyncClient) -> None:
        here, there = await start_process(), await start_process()
        async with there.stream(ann) as stream, here.client(ann) as client:
            await stream.read_revision()
            durations = []
            for _ in range(3):
                revision, began = await create_task(client), time.monotonic()
                assert await stream.read_until(revision) == [revision]
                durations.append(time.monotonic() - began)
        # Without the message nothing would come at all, and a machine may be busy for a second, but not each time.
        assert min(durations) < 1

    async def test_tell_nobody_of_what_another_user_did(
        self, start_process: StartProcess, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        here, there = await start_process(), await start_process()
        async with opened(there.stream(ann), there.stream(bob)) as (of_ann, of_bob), here.client(ann) as client:
            await of_ann.read_revision()
            await of_bob.read_revision()
            for _ in range(5):
                revision = await create_task(client)
            assert (await of_ann.read_until(revision))[-1] == revision

            assert await create_task(bob) == 1
            assert await of_bob.read_revision() == 1


class TestMoreStreamsThanOneMayHave:
    async def test_are_refused_until_another_one_closes(
        self, process: Process, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        async with opened(*(process.stream(ann) for _ in range(MAX_STREAMS - 1))) as streams:
            async with process.stream(ann) as last, process.client(ann) as client:
                await last.read_revision()
                refused = await client.get("/api/v1/events")
                assert_problem(refused, 429)
                assert refused.json()["type"] == "/problems/too-many-streams"
                assert int(refused.headers["Retry-After"]) > 0
                async with process.stream(bob) as of_bob:
                    assert await of_bob.read_revision() == 0

            await until(lambda: process.streams_of_all() == MAX_STREAMS - 1)
            async with process.stream(ann) as another:
                assert await another.read_revision() == 0
            for stream in streams:  # the oldest is not made to go
                assert await stream.read_revision() == 0


class TestAClientThatLeaves:
    async def test_leaves_nothing_behind(self, start_process: StartProcess, ann: httpx.AsyncClient) -> None:
        process = await start_process(QUICK_HEARTBEAT_SECONDS)
        async with process.stream(ann) as stream:  # makes the connections that stay
            await stream.read_revision()
        await until(lambda: process.streams_of_all() == 0)
        tasks_before = len(asyncio.all_tasks())

        for number in range(100):
            async with process.stream(ann) as stream:
                if number % 3:
                    await stream.read_part()
                if number % 3 == 2:
                    await stream.read_heartbeat()

        channels = process.app.state.events.feed._channels
        await until(lambda: process.streams_of_all() == 0)
        await until(lambda: not (channels._asked or channels._confirmed or channels._pending))
        await until(lambda: len(asyncio.all_tasks()) <= tasks_before)
        metrics = process.app.state.metrics
        assert b"taskfleet_event_streams 0.0" in metrics.render()

    async def test_is_one_line_in_the_log_and_counted(self, process: Process, ann: httpx.AsyncClient) -> None:
        def count_lines() -> int:
            return len([entry for entry in logs if entry.get("route") == "/api/v1/events"])

        with capture_logs() as logs:
            async with process.stream(ann) as stream:
                await stream.read_revision()
                assert b"taskfleet_event_streams 1.0" in process.app.state.metrics.render()
                assert count_lines() == 0
            await until(lambda: count_lines() > 0)

        assert count_lines() == 1
        text = process.app.state.metrics.render()
        assert b"taskfleet_events_total 1.0" in text
        assert b'taskfleet_http_requests_total{method="GET",route="/api/v1/events",status="200"} 1.0' in text
