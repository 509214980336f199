"""The bare ASGI app answers with the statuses and lengths that it is given."""

import json

import httpx
import pytest

from bench.bare import ANSWERS_VARIABLE, create_app


class TestTheBareApp:
    @pytest.mark.parametrize(
        ("method", "path", "status", "length"),
        [("GET", "/list", 200, 17_000), ("GET", "/unchanged", 304, 0), ("POST", "/create", 201, 500)],
    )
    async def test_answers_what_it_is_told(
        self, monkeypatch: pytest.MonkeyPatch, method: str, path: str, status: int, length: int
    ) -> None:
        answers = {"/list": [200, 17_000], "/unchanged": [304, 0], "/create": [201, 500]}
        monkeypatch.setenv(ANSWERS_VARIABLE, json.dumps(answers))
        transport = httpx.ASGITransport(create_app())

        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
            answer = await client.request(method, path, content=b"{}" if method == "POST" else None)

        assert (answer.status_code, len(answer.content)) == (status, length)
