"""What is reported of a fault: where it happened, and no secret of the path that it happened at."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sentry_sdk
from fastapi import FastAPI
from pydantic import SecretStr
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from app.core.error_reports import configure_error_reports
from app.core.settings import ObservabilitySettings

SECRET = "AZjHom8AcACAAAAAAAAAAAxyz"


class Recorder(Transport):
    """Keeps reports instead of sending them."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        event = envelope.get_event()
        assert event is not None
        self.events.append(dict(event))


@pytest.fixture
def reports() -> Iterator[list[dict[str, Any]]]:
    configure_error_reports(
        ObservabilitySettings(sentry_dsn=SecretStr("http://public@127.0.0.1:9/1")), environment="test"
    )
    recorder, client = Recorder(), sentry_sdk.get_client()
    assert client.transport is not None
    client.transport.kill()
    client.transport = recorder
    yield recorder.events
    sentry_sdk.init()  # without a DSN nothing is sent


async def fail_at(path: str) -> None:
    """Let a service fail at a path."""
    app = FastAPI()

    @app.get("/calendar/{secret}.ics")
    @app.get("/tasks/{task_id}")
    async def fail() -> None:
        sentry_sdk.add_breadcrumb(message=f"GET {path}", data={"url": [path]})
        raise ValueError("no calendar today")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tasks.example") as client:
        assert (await client.get(path)).status_code == 500


class TestAReportOfAFault:
    async def test_tells_no_secret_of_its_path(self, reports: list[dict[str, Any]]) -> None:
        await fail_at(f"/calendar/{SECRET}.ics")

        (report,) = reports
        assert report["request"]["url"] == "http://tasks.example/calendar/hidden"
        assert SECRET not in repr(report)
        assert report["exception"]["values"][0]["value"] == "no calendar today"

    async def test_tells_any_other_path(self, reports: list[dict[str, Any]]) -> None:
        """The control: paths are in reports, at several places."""
        await fail_at(f"/tasks/{SECRET}")

        (report,) = reports
        assert report["request"]["url"] == f"http://tasks.example/tasks/{SECRET}"
        assert repr(report).count(SECRET) >= 3
