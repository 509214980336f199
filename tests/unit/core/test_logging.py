"""Logs are one line an event on stderr."""

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from app.core.logging import configure_logging


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, configuration = root.handlers, root.level, structlog.get_config()
    yield
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
        assert json.loads(line)["exception"][0]["exc_value"] == "broken"

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
        assert "broken" in logged
        assert password not in logged

    def test_leave_out_the_chatter_of_libraries(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("json")
        logging.getLogger("httpx").info("HTTP Request: GET https://provider.example/?code=secret")

        assert capsys.readouterr().err == ""


class TestConsoleLogs:
    def test_are_for_people(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure_logging("console")
        structlog.get_logger("app.test").info("request", status=200)

        assert "status=200" in capsys.readouterr().err
