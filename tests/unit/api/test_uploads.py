"""Paths that take long bodies: their own limit of bytes, and a deadline that begins anew with each part."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from app.api.middleware import BodyLimitMiddleware, DeadlineMiddleware, RequestContextMiddleware
from app.api.problems import install_problem_handlers
from app.api.request_reports import RequestReports
from app.core.access_log import PlainAccessLog
from app.core.metrics import Metrics

TIMEOUT_SECONDS = 0.2


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app that reads whatever is sent to it, at `/upload` more and longer than elsewhere."""
    app = FastAPI()
    install_problem_handlers(app)
    app.add_middleware(BodyLimitMiddleware, max_bytes=10, uploads={"/upload": 100})
    app.add_middleware(DeadlineMiddleware, timeout_seconds=TIMEOUT_SECONDS, uploads=["/upload"])
    app.add_middleware(RequestContextMiddleware, reports=RequestReports(Metrics(), PlainAccessLog()))

    async def read(request: Request) -> int:
        return len(await request.body())

    async def read_and_stay(request: Request) -> None:
        await request.body()
        await asyncio.Event().wait()

    app.add_api_route("/upload", read, methods=["POST"])
    app.add_api_route("/elsewhere", read, methods=["POST"])
    app.add_api_route("/upload", read_and_stay, methods=["PUT"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def slowly(count: int) -> AsyncIterator[bytes]:
    """Parts of a body, each within the timeout and all together beyond it."""
    for _ in range(count):
        pause = asyncio.Event()
        asyncio.get_running_loop().call_later(TIMEOUT_SECONDS / 2, pause.set)
        await pause.wait()
        yield b"x"


class TestALongBody:
    async def test_is_taken_by_an_upload_up_to_its_own_limit(self, client: httpx.AsyncClient) -> None:
        statuses = [(await client.post("/upload", content=b"x" * length)).status_code for length in (100, 101)]

        assert statuses == [200, 413]

    async def test_is_refused_elsewhere(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/elsewhere", content=b"x" * 11)).status_code == 413


class TestASlowBody:
    async def test_is_waited_for_by_an_upload(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/upload", content=slowly(4))

        assert (answer.status_code, answer.json()) == (200, 4)

    async def test_is_not_waited_for_elsewhere(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/elsewhere", content=slowly(4))).status_code == 503

    async def test_leaves_the_deadline_of_the_answer(self, client: httpx.AsyncClient) -> None:
        assert (await client.put("/upload", content=b"x")).status_code == 503
