"""The service with a start that takes until a file is there: `STARTS_WITH` names it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from app.main import create_app_from_environment


def create_app() -> FastAPI:
    """Return the app that the environment describes; the factory that the server calls."""
    app = create_app_from_environment()
    start = app.router.lifespan_context

    @asynccontextmanager
    async def start_late(app: FastAPI) -> AsyncIterator[Any]:
        while not Path(os.environ["STARTS_WITH"]).exists():  # noqa: ASYNC110 - a file sets no event
            await asyncio.sleep(0.01)
        async with start(app) as state:
            yield state

    app.router.lifespan_context = start_late
    return app
