"""Requests to sign-in providers, and what is told of them when they fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from app.auth.errors import ProviderAwayError, UnusableProviderAnswerError
from app.core.json_http import JsonHttp, NoAnswerError, UnusableAnswerError

# Half of what a callback may take; providers answer within a second.
CALL_TIMEOUT_SECONDS = 3.0
# Ten times the largest key set seen (Microsoft's, some 20 kB).
MAX_ANSWER_BYTES = 262_144


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
        self._http = JsonHttp(timeout_seconds, MAX_ANSWER_BYTES, may_use_proxy=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(exception_type, exception, traceback)

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
            answer = await self._http.ask(method, url, **options)
        except NoAnswerError:
            raise ProviderAwayError from None
        except UnusableAnswerError as error:
            raise UnusableProviderAnswerError(f"The sign-in provider {error}.") from None
        return ProviderAnswer(answer.status, answer.content)
