"""`Idempotency-Key`: the first answer to a POST is kept with the change it tells of, and replayed for 24 h."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Header, Request, Response

from app.api.problems import respond_with_problem
from app.core.change_guard import ChangeGuard
from app.core.errors import ProblemError, ValidationProblemError
from app.core.identity import Caller
from app.data.changes import Recorder
from app.data.database import Session
from app.data.idempotency import Claim, IdempotencyStore, StoredAnswer

Result = TypeVar("Result")

MAX_KEY_LENGTH = 255
# The headers that belong to the answer itself; the rest is made anew for each request.
_KEPT_HEADERS = ("content-type", "etag", "location", "cache-control", "vary")


class _AnswerRecorder(Generic[Result]):
    """Keeps the answer in the transaction of the change, so that a crash cannot part the two."""

    def __init__(self, store: IdempotencyStore, claim: Claim, shape: Callable[[Result], Response]) -> None:
        self._store = store
        self._claim = claim
        self._shape = shape
        self.answer: StoredAnswer | None = None

    async def record(self, session: Session, result: Result, /) -> None:
        self.answer = _to_stored(self._shape(result))
        await self._store.save(self._claim, self.answer, session)


class Once:
    """Answers one POST request at most once for each key."""

    def __init__(self, request: Request, store: IdempotencyStore, guard: ChangeGuard, key: str | None) -> None:
        self._request = request
        self._store = store
        self._guard = guard
        self._key = key

    @property
    def key(self) -> str | None:
        """The key, for those few that see to repeated requests themselves."""
        return self._key

    async def answer(
        self,
        caller: Caller,
        shape: Callable[[Result], Response],
        act: Callable[[Recorder[Result] | None], Awaitable[Result]],
        *,
        tell: Callable[[], Awaitable[None]] | None = None,
    ) -> Response:
        """Return `shape(await act(recorder))`, or what was answered to the same request before.

        `act` hands the recorder on to `Changes.run`. Errors below 500 are answers and are kept as well;
        after a fault of the server the key is free again. `tell` is what `act` does after its commit for those
        who remember what it changes, other than the caller's own; it is done before an answer is repeated.
        """
        if self._key is None:
            return shape(await act(None))
        claimed = await self._store.claim(caller.user_id, self._key, await self._fingerprint())
        if isinstance(claimed, StoredAnswer):
            return await self._replay(caller, claimed, tell)
        recorder = _AnswerRecorder(self._store, claimed, shape)
        try:
            result = await act(recorder)
        except ProblemError as error:
            if error.status >= 500:
                await self._store.release(claimed)
                raise
            return await self._keep(claimed, respond_with_problem(self._request, error))
        except Exception:
            await self._store.release(claimed)
            raise
        if recorder.answer is None:  # nothing was changed, hence nothing recorded
            return await self._keep(claimed, shape(result))
        return _to_response(recorder.answer)

    async def _replay(
        self, caller: Caller, answer: StoredAnswer, tell: Callable[[], Awaitable[None]] | None
    ) -> Response:
        # Whoever made the change may have died before it could tell of it, and this acknowledges the change.
        if tell is not None:
            await tell()
        async with self._guard.around(caller.user_id, keeps_sessions=True) as outcome:
            outcome.settle(None)
        return _to_response(answer, is_replayed=True)

    async def _fingerprint(self) -> bytes:
        url = self._request.url
        head = f"{self._request.method} {url.path}?{url.query}\n".encode()
        return hashlib.sha256(head + await self._request.body()).digest()

    async def _keep(self, claim: Claim, response: Response) -> Response:
        await self._store.save(claim, _to_stored(response))
        return response


def _to_stored(response: Response) -> StoredAnswer:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return StoredAnswer(response.status_code, headers, bytes(response.body))


def _to_response(answer: StoredAnswer, *, is_replayed: bool = False) -> Response:
    headers = {**answer.headers, "Idempotency-Replayed": "true"} if is_replayed else answer.headers
    return Response(answer.body, answer.status, headers)


async def _get_once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=MAX_KEY_LENGTH,
            pattern=r"^[\x20-\x7e]+$",
            description="Makes a repeated request return the first answer instead of acting again",
            examples=["9f1a6d0c-add-milk"],
        ),
    ] = None,
) -> Once:
    state = request.app.state
    return Once(request, state.idempotency, state.store.guard, idempotency_key)


OnceHeader = Annotated[Once, Depends(_get_once)]


async def _refuse_key(request: Request) -> None:
    if "idempotency-key" in request.headers:
        detail = "This takes no Idempotency-Key: its answer holds a secret, which is not kept."
        raise ValidationProblemError("/Idempotency-Key", detail)


# For a POST whose answer must not be kept. To overlook the header would promise what does not happen.
NoOnceHeader = Annotated[None, Depends(_refuse_key)]
