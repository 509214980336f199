"""Requests for JSON documents: bounded in time and size, redirects not followed, cookies not kept."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic_core import from_json

from app.core.cookieless import make_cookie_refusal

# Statuses by which a server says "later" rather than "no".
_LATER = frozenset({408, 425, 429})

# A proxy that the environment names is never used for a server on this machine.
_DIRECT: Mapping[str, None] = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}


class NoAnswerError(Exception):
    """The server did not answer in time, or said "later"."""


class UnusableAnswerError(Exception):
    """There is no document in what came; the message goes on from the server's name."""


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A JSON object with the status that it came with (below 500)."""

    status: int
    content: dict[str, Any]


class JsonHttp:
    """Asks servers for JSON objects; an async context manager.

    `may_use_proxy` lets requests go through the proxy that the environment names, if it names one.
    """

    def __init__(self, timeout_seconds: float, max_answer_bytes: int, *, may_use_proxy: bool) -> None:
        self._timeout_seconds = timeout_seconds
        self._max_answer_bytes = max_answer_bytes
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            timeout=timeout_seconds,
            mounts=_DIRECT,
            trust_env=may_use_proxy,
            cookies=make_cookie_refusal(),
            # Unpacked sizes cannot be told in advance.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def ask(self, method: str, url: str, **options: Any) -> JsonAnswer:
        """Send a request, whose `options` are httpx's. Raises `NoAnswerError` or `UnusableAnswerError`."""
        try:
            # The client's own limit is on each read: a server that drips would never reach it.
            async with (
                asyncio.timeout(self._timeout_seconds),
                self._client.stream(method, url, **options) as response,
            ):
                status = response.status_code
                body = await self._read_bounded(response)
        except (TimeoutError, httpx.TransportError):
            raise NoAnswerError from None
        except (httpx.InvalidURL, UnicodeError):
            raise UnusableAnswerError("named an address that is none") from None
        if status >= 500 or status in _LATER:
            raise NoAnswerError
        return JsonAnswer(status, _parse_object(body))

    async def _read_bounded(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self._max_answer_bytes:
                raise UnusableAnswerError("gave an answer that is too long")
        return bytes(body)


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise UnusableAnswerError("gave an answer that is no JSON object")
    return content
