"""Logs are one line an event on stderr."""

import asyncio
import gc
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from pymongo.errors import OperationFailure

from app.core.logging import configure_logging

TITLE = "Buy-a-ring-for-Zoe"


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, configuration = root.handlers, root.level, structlog.get_config()
    hooks = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = hooks
    root.handlers, root.level = handlers, level
    structlog.configure(**configuration)


class TestJsonLogs:
    def test_hold_one_object_a_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("json")
        structlog.contextvars.bind_contextvars(request_id="abc")
        structlog.get_logger("app.test").warning("request\nforged", status=200)
        logging.getLogger("uvicorn.error").info("started %s", "now")
        structlog.contextvars.clear_contextvars()

        first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())

        assert (first["event"], first["status"], first["level"]) == ("request\nforged", 200, "warning")
        assert first["request_id"] == "abc"
        assert second["event"] == "started now"

    def test_keep_a_traceback_within_the_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("json")
        try:
            raise ValueError("broken")
        except ValueError:
            structlog.get_logger("app.test").exception("failed")

        (line,) = capsys.readouterr().err.splitlines()
        (trace,) = json.loads(line)["exception"]
        assert trace["exc_type"] == "ValueError"
        assert trace["frames"][-1]["filename"] == __file__

    @pytest.mark.parametrize(
        "error",
        [
            ValueError(f"no place for {TITLE}"),
            ExceptionGroup(f"about {TITLE}", [KeyError(TITLE)]),
            OperationFailure(f"E11000 dup key: {TITLE}", 11000, {"code": 11000, "errmsg": TITLE}),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_do_not_quote_what_an_exception_quotes(
        self, error: Exception, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure_logging("json")
        error.add_note(f"while it was {TITLE}")
        try:
            try:
                raise error
            except Exception as cause:
                raise RuntimeError("further on") from cause
        except RuntimeError:
            structlog.get_logger("app.test").exception("failed")

        logged = capsys.readouterr().err
        assert type(error).__name__ in logged
        assert TITLE not in logged
        assert ("[hidden], code 11000" in logged) == isinstance(error, OperationFailure)

    def test_keep_the_text_of_errors_that_tell_of_servers(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("json")
        try:
            raise ConnectionRefusedError("mongodb://root:hunter2@mongo-1:27017 refused")
        except ConnectionRefusedError:
            structlog.get_logger("app.test").exception("failed")

        (trace,) = json.loads(capsys.readouterr().err)["exception"]
        assert trace["exc_value"] == "mongodb://[hidden]@mongo-1:27017 refused"

    def test_clean_the_words_of_libraries(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("json")
        logging.getLogger("uvicorn.error").error("Traceback:\n  in app/calendar/feed.py\nredis://:hunter2@cache:6379")

        event = json.loads(capsys.readouterr().err)["event"]
        assert event == "Traceback:\n  in app/calendar/hidden\nredis://[hidden]@cache:6379"

    async def test_do_not_describe_a_task_that_nobody_waited_for(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("json")

        async def fail() -> None:
            raise ValueError(TITLE)

        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        del task
        gc.collect()

        line = json.loads(capsys.readouterr().err)
        assert line["event"] == "Task exception was never retrieved"
        assert line["exception"][0]["exc_type"] == "ValueError"
        assert TITLE not in repr(line)

    @pytest.mark.parametrize("log_format", ["json", "console"])
    def test_show_no_local_variables(
        self, log_format: Literal["json", "console"], capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure_logging(log_format)
        password = "-".join(["hunter", "2"])
        try:
            raise ValueError("broken")
        except ValueError:
            structlog.get_logger("app.test").exception("failed")

        logged = capsys.readouterr().err
        assert "ValueError" in logged
        assert password not in logged

    def test_leave_out_the_chatter_of_libraries(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("json")
        logging.getLogger("httpx").info("HTTP Request: GET https://provider.example/?code=secret")

        assert capsys.readouterr().err == ""


class TestTheEndOfAProcess:
    @pytest.mark.parametrize(
        ("end", "event"),
        [("fail()", "process_failed"), ("threading.Thread(target=fail).start()", "thread_failed")],
    )
    def test_is_a_line_like_any_other(self, end: str, event: str) -> None:
        program = (
            "import threading\n"
            "from app.core.logging import configure_logging\n"
            "configure_logging('json')\n"
            f"def fail(): raise ValueError({TITLE!r})\n{end}\n"
        )

        ended = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
        )

        (line,) = [json.loads(line) for line in ended.stderr.splitlines()]
        assert (line["event"], line["exception"][0]["exc_type"]) == (event, "ValueError")
        assert TITLE not in ended.stderr
        assert ended.returncode == (event == "process_failed")

    def test_by_ctrl_c_is_no_fault(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("json")
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)

        assert capsys.readouterr().err == "KeyboardInterrupt\n"


class TestConsoleLogs:
    def test_are_for_people(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("console")
        structlog.get_logger("app.test").info("request", status=200)

        assert "status=200" in capsys.readouterr().err
