"""The way of requests to three apps, by which the tests of the API run in the second shape."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import MODULES
from tests.split_apps import SplitTransport


def app_that_names(module: str) -> FastAPI:
    """Return an app that answers any path with the name of its module."""
    app = FastAPI()

    @app.get("/{path:path}")
    async def name(path: str) -> dict[str, Any]:
        return {"module": module, "path": path}

    return app


class TestARequest:
    @pytest.mark.parametrize(
        ("path", "module"),
        [
            ("/api/v1/auth/providers", "auth"),
            ("/api/v1/me", "auth"),
            ("/api/v1/me/export", "tasks"),
            ("/api/v1/tasks", "tasks"),
            ("/calendar/secret.ics", "tasks"),
            ("/api/v1/notifications/read", "notifications"),
            ("/api/v1/me/notification-settings", "notifications"),
        ],
    )
    async def test_goes_to_the_app_of_its_module(self, path: str, module: str) -> None:
        transport = SplitTransport({each: app_that_names(each) for each in MODULES})
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.get(path)

        assert answer.json() == {"module": module, "path": path.lstrip("/")}
