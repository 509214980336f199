"""The access log: JSON lines, some at a time, and none lost at an orderly end."""

import asyncio
import json
import time

import pytest
from structlog.testing import capture_logs

from app.core.access_log import FLUSH_SECONDS, AccessLog, BatchedAccessLog, PlainAccessLog, open_access_log
from app.core.request_metrics import AnswerKind

KIND = ("GET", "/api/v1/tasks", 200)
ANN = "01890b7e-aaaa-7000-8000-000000000000"
ENTRY = {
    "method": "GET",
    "route": "/api/v1/tasks",
    "status": 200,
    "milliseconds": 1.2,
    "user_id": ANN,
    "request_id": "abc",
}


def write(log: AccessLog, kind: AnswerKind = KIND, user_id: str | None = ANN, trace_id: str | None = None) -> None:
    log.write(kind, 0.00123, user_id, "abc", trace_id)


class TestTheBatchedLog:
    async def test_writes_a_line_an_entry_with_what_every_event_has(self) -> None:
        written: list[str] = []
        log = BatchedAccessLog(written.append)
        write(log)
        write(log, ("GET", 'with "quotes"\nand lines', 200), None, "0af7651916cd43dd8448eb211c80319c")
        log.flush()

        first, second = [json.loads(line) for line in "".join(written).splitlines()]
        assert first == {
            **ENTRY,
            "event": "request",
            "level": "info",
            "logger": "app.access",
            "time": first["time"],
        }
        assert first["time"].endswith("Z")
        assert second["route"] == 'with "quotes"\nand lines'
        assert (second["user_id"], second["trace_id"]) == (None, "0af7651916cd43dd8448eb211c80319c")
        assert len(written) == 1

    async def test_tells_the_time_of_each_entry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        written: list[str] = []
        log = BatchedAccessLog(written.append)
        for now in (1_795_435_200.0004, 1_795_435_200.0008, 1_795_435_201.25):
            monkeypatch.setattr(time, "time", lambda now=now: now)
            write(log)
        log.flush()

        assert [json.loads(line)["time"] for line in "".join(written).splitlines()] == [
            "2026-11-23T12:00:00.000000Z",
            "2026-11-23T12:00:00.000000Z",
            "2026-11-23T12:00:01.250000Z",
        ]

    async def test_writes_soon_without_being_told(self) -> None:
        written = asyncio.Event()
        log = BatchedAccessLog(lambda _lines: written.set())
        write(log)
        assert not written.is_set()

        async with asyncio.timeout(FLUSH_SECONDS * 50):
            await written.wait()

    async def test_does_not_gather_without_end(self) -> None:
        written: list[str] = []
        log = BatchedAccessLog(written.append)
        for _ in range(1_000):
            write(log)

        assert 0 < len(written) < 100

    async def test_writes_nothing_twice(self) -> None:
        written: list[str] = []
        log = BatchedAccessLog(written.append)
        write(log)
        log.flush()
        log.flush()

        assert "".join(written).count("\n") == 1


class TestTheFormat:
    def test_decides_for_people_or_machines(self) -> None:
        assert isinstance(open_access_log("console"), PlainAccessLog)
        assert isinstance(open_access_log("json"), BatchedAccessLog)

    def test_for_people_leaves_nothing_to_be_written(self) -> None:
        with capture_logs() as logs:
            PlainAccessLog().flush()

        assert logs == []

    def test_for_people_is_an_event_like_any_other(self) -> None:
        with capture_logs() as logs:
            write(PlainAccessLog())

        assert logs == [{**ENTRY, "event": "request", "log_level": "info"}]

    def test_for_people_names_the_trace(self) -> None:
        with capture_logs() as logs:
            write(PlainAccessLog(), trace_id="0af7651916cd43dd8448eb211c80319c")

        assert logs[0]["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
