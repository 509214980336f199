"""A process of its own that meets a fault while a personal token is about, and prints what it logs and reports.

Sentry's integrations change the web framework for good, hence no test does this in its own process.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import sentry_sdk
import structlog
from fastapi import FastAPI, Request

from app.core.error_reports import configure_error_reports
from app.core.logging import configure_logging
from app.core.settings import (
    CacheSettings,
    JwtSettings,
    MongoSettings,
    ObservabilitySettings,
    RateLimitSettings,
    RuntimeSettings,
    Settings,
)
from app.main import create_app

REPORTS: list[dict[str, Any]] = []


class _Reports(sentry_sdk.transport.Transport):
    """Keeps what would be sent."""

    def capture_envelope(self, envelope: Any) -> None:
        """Take note of an envelope."""
        REPORTS.extend(item.payload.json for item in envelope.items if item.payload.json is not None)


def report_into_memory(observability: ObservabilitySettings) -> None:
    """Configure reports as the service does, and send none."""
    init = sentry_sdk.init
    sentry_sdk.init = lambda **options: init(**options, transport=_Reports)
    configure_error_reports(observability, "test")


def add_fault(app: FastAPI) -> None:
    """Add a route that fails in the midst of what it knows of the caller."""

    async def fail(request: Request) -> None:
        credentials = app.state.credentials.read(request.scope)
        token, text = credentials.unverified, request.headers["Authorization"]
        structlog.get_logger("app.test").warning("about_to_fail", credentials=credentials, token=token)
        raise RuntimeError(f"a fault that knows {len(text)} characters and {token!r}")

    app.add_api_route("/fault", fail)


async def main(token: str, mongo_url: str, key_file: str) -> None:
    """Send the token to a route that fails."""
    configure_logging("json")
    report_into_memory(ObservabilitySettings(sentry_dsn="http://key@127.0.0.1:9/1"))
    settings = Settings(
        runtime=RuntimeSettings(profile="local"),
        mongo=MongoSettings(url=mongo_url, database="taskfleet_reports"),
        cache=CacheSettings(url=None),
        jwt=JwtSettings(private_key_file=Path(key_file)),
        rate_limits=RateLimitSettings(user=None, address=None, auth=None),
    )
    app = create_app(settings)
    add_fault(app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        headers = {"Authorization": f"Bearer {token}"}
        answers = [await client.get(path, headers=headers) for path in ("/fault", "/api/v1/tasks", "/api/v1/me")]
    sys.stdout.write(json.dumps({"reports": REPORTS, "answers": [answer.text for answer in answers]}))


if __name__ == "__main__":
    # The token comes by another way than the arguments, which are part of every report.
    asyncio.run(main(sys.stdin.read(), *sys.argv[1:]))
