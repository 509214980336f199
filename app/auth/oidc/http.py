"""Requests to sign-in providers: bounded in time and size, redirects not followed; the one user of httpx."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic_core import from_json

from app.auth.errors import ProviderAwayError, UnusableProviderAnswerError

# Half of what a callback may take; providers answer within a second.
CALL_TIMEOUT_SECONDS = 3.0
# Ten times the largest key set seen (Microsoft's, some 20 kB).
MAX_ANSWER_BYTES = 262_144

# Statuses by which a server says "later" rather than "no".
_LATER = frozenset({408, 425, 429})

# A proxy that the environment names is used, but never for a provider on this machine.
_DIRECT: Mapping[str, None] = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """A JSON object with the status that it came with (below 500)."""

    status: int
    content: dict[str, Any]

    def require_ok(self) -> dict[str, Any]:
        """Return the content. Raises `UnusableProviderAnswerError` for a refusal."""
        if self.status != 200:
            raise UnusableProviderAnswerError(f"The sign-in provider answered with status {self.status}.")
        return self.content


class ProviderHttp:
    """Asks providers; an async context manager.

    Every method raises `ProviderAwayError` when no answer comes in time and `UnusableProviderAnswerError`
    when it is no JSON object.
    """

    def __init__(self, timeout_seconds: float = CALL_TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            timeout=timeout_seconds,
            mounts=_DIRECT,
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

    async def get(self, url: str, bearer: str | None = None) -> ProviderAnswer:
        """Ask for a document, with an access token if one is given."""
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        return await self._ask("GET", url, headers=headers)

    async def post_form(self, url: str, body: str, headers: Mapping[str, str]) -> ProviderAnswer:
        """Send an encoded form."""
        form_type = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self._ask("POST", url, content=body.encode(), headers={**headers, **form_type})

    async def _ask(self, method: str, url: str, **options: Any) -> ProviderAnswer:
        try:
            # The client's own limit is on each read: a server that drips would never reach it.
            async with (
                asyncio.timeout(self._timeout_seconds),
                self._client.stream(method, url, **options) as response,
            ):
                status = response.status_code
                body = await _read_bounded(response)
        except (TimeoutError, httpx.TransportError):
            raise ProviderAwayError from None
        except (httpx.InvalidURL, UnicodeError):
            raise UnusableProviderAnswerError("The sign-in provider named an address that is none.") from None
        if status >= 500 or status in _LATER:
            raise ProviderAwayError
        return ProviderAnswer(status, _parse_object(body))


async def _read_bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise UnusableProviderAnswerError("The sign-in provider's answer is too long.")
    return bytes(body)


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise UnusableProviderAnswerError("The sign-in provider's answer is no JSON object.")
    return content
