"""Files that are broken, or made to do harm: refused as a whole, with the place, and nothing is imported."""

import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.core.settings import Settings, TaskSettings
from app.data.store import Store
from app.main import create_app
from app.tasks.portability import csv_rows, json_items
from tests.conftest import BASE_URL
from tests.fakes.clock import FakeClock
from tests.integration.portability.calls import IMPORT, document, export, import_all, send
from tests.integration.tasks.calls import expect, expect_problem

HEAD = b'{"format":"taskfleet","version":1,"lists":[],"tasks":['
GOOD = b'{"title":"good"},'


def with_task(task: bytes) -> bytes:
    return HEAD + GOOD + task + b"]}"


class TestABrokenFile:
    @pytest.mark.parametrize(
        ("content", "pointer"),
        [
            (b"", ""),
            (b"{", ""),
            (b"[]", "/format"),
            (b"7", "/format"),
            (HEAD + GOOD, "/tasks/1"),
            (HEAD + GOOD + b'{"title":"half', "/tasks/1"),
            (HEAD + GOOD[:-1] + b"]} x", ""),
            (with_task(b'{"title":"a","title":"b"}'), "/tasks/1"),
            (with_task(b'{"title":"\\ud800"}'), "/tasks/1"),
            (with_task(b'{"title":"\\udc00"}'), "/tasks/1"),
            (with_task(b'{"title":"\\\\\\ud800"}'), "/tasks/1"),
            (with_task(b'{"title":"\xff"}'), "/tasks/1"),
            (with_task(b'{"title":"a\x00b"}'), "/tasks/1"),
            (with_task(b'{"priority":NaN}'), "/tasks/1"),
            (with_task(b'{"priority":1' + b"0" * 5000 + b"}"), "/tasks/1"),
            (with_task(b'{"x":' + b"[" * 40 + b"]" * 40 + b"}"), "/tasks/1"),
            (with_task(b'{"priority":1e400}'), "/tasks/1"),
            (with_task(b'{"priority":1e99999999999999999999999}'), "/tasks/1"),
            (with_task(b"[" * 100_000), "/tasks/1"),
            (with_task(b'{"notes":"' + b"x" * 1_300_000 + b'"}'), "/tasks/1"),
            (with_task(b'{"x":[' + b"1," * 700_000 + b"1]}"), "/tasks/1"),
            (b'{"format":"taskfleet","format":"taskfleet","version":1,"lists":[],"tasks":[]}', "/format"),
            (b'{"format":"taskfleet","version":2,"lists":[],"tasks":[]}', "/version"),
            (b'{"format":"taskfleet","version":1.0,"lists":[],"tasks":[]}', "/version"),
            (b'{"format":"taskfleet","version":true,"lists":[],"tasks":[]}', "/version"),
            (b'{"format":"taskfleet","lists":[],"tasks":[]}', "/version"),
            (b'{"format":"other","version":1,"lists":[],"tasks":[]}', "/format"),
            (b'{"format":"taskfleet","version":1,"lists":{},"tasks":[]}', "/lists"),
            (b'{"format":"taskfleet","version":1,"lists":[]}', "/tasks"),
            (b'{"format":"taskfleet","version":1,"lists":[],"tasks":[],"more":1}', "/more"),
            (b'{"format":"taskfleet","version":1,"lists":[],"tasks":[],"profile":{"name":""}}', "/profile/name"),
            ('{"format":"taskfleet"}'.encode("utf-16"), ""),
            ('{"format":"taskfleet"}'.encode("utf-16-le"), ""),
        ],
        ids=lambda value: value[-40:].decode(errors="replace") if isinstance(value, bytes) else value,
    )
    async def test_is_refused_with_the_place(self, ann: httpx.AsyncClient, content: bytes, pointer: str) -> None:
        problem = expect_problem(await send(ann, content), 422, "import-unreadable")

        assert problem["errors"][0]["pointer"] == pointer
        assert (await export(ann))["tasks"] == []

    async def test_is_refused_with_more_items_than_anybody_has(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (csv_rows, json_items):
            monkeypatch.setattr(module, "MAX_ITEMS", 20)
        rows = [b"title\n" + b"x\n" * count for count in (20, 21)]
        values = [b'{"x":[' + b"1," * 20 + b"1]}", with_task(GOOD * 20 + b"{}")]

        await import_all(ann, rows[0], format="csv")
        await import_all(ann, document(*({"notes": "", "priority": 0, "labels": ["a"]} for _ in range(6))))

        expect_problem(await send(ann, rows[1], format="csv"), 422, "import-unreadable")
        for content in values:
            problem = expect_problem(await send(ann, content), 422, "import-unreadable")
            assert "more than" in problem["detail"]

    @pytest.mark.parametrize(
        "task",
        [
            {"title": "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")},
            {"title": "a literal \\ud800"},
            {"title": "ü" * 500, "notes": "\\" * 20_000},
        ],
        ids=["a surrogate pair", "a backslash and text", "backslashes"],
    )
    async def test_is_not_taken_for_one_that_is_sound(self, ann: httpx.AsyncClient, task: dict[str, str]) -> None:
        """The control."""
        content = json.dumps(document(*[task] * 20)).encode()

        await import_all(ann, content)

        assert {item["title"] for item in (await export(ann))["tasks"]} == {task["title"]}

    async def test_may_be_escaped_throughout(self, ann: httpx.AsyncClient) -> None:
        tasks = [{"notes": "ж" * 2_400}] * 150

        report = await import_all(ann, json.dumps(document(*tasks)).encode())

        assert report["progress"]["bytes_total"] > 2_000_000
        assert {task["notes"] for task in (await export(ann))["tasks"]} == {"ж" * 2_400}

    async def test_may_hold_integers_of_any_size(self, ann: httpx.AsyncClient) -> None:
        report = expect(await send(ann, document({"priority": 2**64}, {"title": "good"})))

        assert report["tasks"] == {"created": 1, "skipped": 0, "failed": 1}
        assert report["errors"][0]["pointer"] == "/tasks/0/priority"

    async def test_is_refused_in_our_words(self, ann: httpx.AsyncClient) -> None:
        for content, words, file_format in (
            (with_task(b'{"priority":1' + b"0" * 5000 + b"}"), "a number that is too long", "taskfleet"),
            (b"title\rone\rtwo\r", "CR alone", "csv"),
        ):
            problem = expect_problem(await send(ann, content, format=file_format), 422, "import-unreadable")
            assert words in problem["detail"]

    async def test_may_begin_with_a_byte_order_mark(self, ann: httpx.AsyncClient) -> None:
        await import_all(ann, b"\xef\xbb\xbf" + json.dumps(document({})).encode())

    async def test_may_have_its_members_in_any_order(self, ann: httpx.AsyncClient) -> None:
        ordered = document({"id": "t", "list_id": "l"}, lists=({"id": "l", "name": "Home"},))

        await import_all(ann, {name: ordered[name] for name in ("tasks", "version", "lists", "format")})

        assert len((await export(ann))["tasks"]) == 1


class TestARequest:
    async def test_must_have_the_type_of_its_format(self, ann: httpx.AsyncClient) -> None:
        for file_format, media_type in (("csv", "application/json"), ("taskfleet", "text/csv")):
            headers = {"Content-Type": media_type}
            answer = await ann.post(IMPORT, content=b"title\nx\n", headers=headers, params={"format": file_format})
            expect_problem(answer, 415, "unsupported-media-type")

    @pytest.mark.parametrize("parameters", [{"format": "xml"}, {"dry": "true"}, {"list_name": ""}], ids=str)
    async def test_is_refused_with_unknown_parameters(
        self, ann: httpx.AsyncClient, parameters: dict[str, str]
    ) -> None:
        expect_problem(await send(ann, document(), **parameters), 422, "validation-failed")

    async def test_of_more_than_a_mebibyte_is_taken(self, ann: httpx.AsyncClient) -> None:
        content = document(*({"title": "x", "notes": "n" * 20_000} for _ in range(80)))

        report = await import_all(ann, content)

        assert report["progress"]["bytes_total"] > 1_600_000
        assert report["tasks"]["created"] == 80


class TestAFullDisk:
    @pytest.mark.parametrize("size", [100, 2_000_000])
    async def test_is_told_and_holds_nobody_up(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        with monkeypatch.context() as full:
            full.setattr(tempfile, "TemporaryFile", lambda **_: Path("/dev/full").open("r+b"))  # noqa: SIM115 - closed by the spool
            answer = await send(ann, b" " * size)

        expect_problem(answer, 503, "service-unavailable")
        assert int(answer.headers["retry-after"]) > 0
        await import_all(ann, document({}))


class TestALimit:
    @pytest.fixture
    async def ann(self, settings: Settings, store: Store, clock: FakeClock) -> AsyncIterator[httpx.AsyncClient]:
        """A user of a service that takes files of 1,000 bytes and keeps three tasks."""
        limits = TaskSettings(max_import_bytes=1_000, quota=3)
        app = create_app(settings.model_copy(update={"tasks": limits}), clock=clock)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as client,
        ):
            answer = await client.post("/api/v1/auth/dev/login", json={"email": "ann@example.com"})
            client.headers["Authorization"] = f"Bearer {expect(answer)['access_token']}"
            yield client

    async def test_of_bytes_is_kept(self, ann: httpx.AsyncClient) -> None:
        async def stream() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b" " * 100

        headers = {"Content-Type": "application/json"}
        expect_problem(await send(ann, b" " * 1_001), 413, "payload-too-large")
        expect_problem(await ann.post(IMPORT, content=stream(), headers=headers), 413, "payload-too-large")
        await import_all(ann, document({}))  # nobody holds the account up

    @pytest.mark.parametrize("dry_run", [True, False])
    async def test_of_tasks_is_kept(self, ann: httpx.AsyncClient, dry_run: bool, small_chunks: int) -> None:
        await import_all(ann, document({}))

        tasks = ({"id": "a"}, {"parent_id": "a"}, {}, {}, {})
        report = expect(await send(ann, document(*tasks), dry_run=dry_run))

        assert report["tasks"] == {"created": 2, "skipped": 0, "failed": 3}
        assert "at most 3 tasks" in report["errors"][0]["detail"]
        assert len((await export(ann))["tasks"]) == (1 if dry_run else 3)
