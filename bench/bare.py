"""The limit: an ASGI app that does nothing but answer, with the statuses and the numbers of bytes of the real one."""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

# JSON: path -> [status, bytes of the body]. Set by `bench.servers`.
ANSWERS_VARIABLE = "BENCH_BARE_ANSWERS"

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Application = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]
Answer = tuple[Mapping[str, Any], Mapping[str, Any]]


def create_app() -> Application:
    """Return the app; the factory that `app.serving` is given."""
    answers = {
        path: _make_answer(status, length)
        for path, (status, length) in json.loads(os.environ[ANSWERS_VARIABLE]).items()
    }

    async def app(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["method"] != "GET":
            while (await receive()).get("more_body", False):
                pass
        start, body = answers[scope["path"]]
        await send(start)
        await send(body)

    return app


def _make_answer(status: int, length: int) -> Answer:
    headers = [(b"etag", b'"1-0123456789ab"')]
    if length:
        headers += [(b"content-type", b"application/json"), (b"content-length", str(length).encode())]
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": b" " * length},
    )


async def _live(receive: Receive, send: Send) -> None:
    while True:
        phase = (await receive())["type"].removeprefix("lifespan.")
        await send({"type": f"lifespan.{phase}.complete"})
        if phase == "shutdown":
            return
