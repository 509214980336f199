"""Rate limits: declared through slowapi, counted in memory, enforced ahead of the cache and the router."""

import os
import warnings
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fastapi import Request
from slowapi import Limiter
from slowapi.wrappers import Limit, LimitGroup
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.client_address import ClientAddresses
from app.api.exchange import exchange_of
from app.api.limited_routes import LimitedFrontend, Treatment, TreatmentTable
from app.api.problems import ProblemResponse, respond_with_problem
from app.cache.counters import SharedCounters
from app.core.errors import ProblemError
from app.core.metrics import Metrics
from app.core.settings import RateLimitSettings

# Returns the id of the user whose valid access token a request carries, or None.
Identify = Callable[[Scope], str | None]

FindSubject = Callable[[Scope], str]

Default = TypeVar("Default")

_STRATEGY = "sliding-window-counter"
_NAMESPACE = "rate-limit"
USER_LIMIT = "user"
# No regular file, so that slowapi reads none; without a name it would read `.env` of the working directory.
_NO_FILE = os.devnull


class RateLimitedError(ProblemError):
    """A limit is used up."""

    slug = "rate-limited"
    title = "Too many requests"
    status = 429


@dataclass(slots=True)
class Standing:
    """How a request stands with its limit after it was counted, or refused.

    `reset_seconds` is the whole number of seconds after which there is more: when nothing remains, until a request
    is admitted again; otherwise until the present window ends.
    """

    is_admitted: bool
    remaining: int
    reset_seconds: int
    reset_at: int


class DeclaredLimit:
    """One of slowapi's limits, with the texts of its headers made once."""

    def __init__(self, limit: Limit) -> None:
        self.item = limit.limit
        self.item.namespace = _NAMESPACE
        self.name: str = limit.scope
        self.find_subject: FindSubject = limit.key_func
        self.amount: int = self.item.amount
        self.window_seconds: int = self.item.get_expiry()
        # The library's strategy makes such a key three times a request, which takes longer than to count it.
        self.key_prefix: str = self.item.key_for(self.name) + "/"
        # draft-ietf-httpapi-ratelimit-headers-10, section 3, in structured fields (RFC 9651); what changes follows.
        self._head = (
            f'ratelimit-policy: "{self.name}";q={self.amount};w={self.window_seconds}\r\n'
            f'x-ratelimit-limit: {self.amount}\r\nratelimit: "{self.name}"'
        ).encode()

    def head(self, standing: Standing) -> bytes:
        """Return the header lines that tell a client where it stands."""
        return b"%b;r=%d;t=%d\r\nx-ratelimit-remaining: %d\r\nx-ratelimit-reset: %d\r\n" % (
            self._head,
            standing.remaining,
            standing.reset_seconds,
            standing.remaining,
            standing.reset_at,
        )


class RequestLimits(Limiter):
    """slowapi's limiter with the declared limits, over counters that need no I/O.

    Its own checks are not used: they sit in or behind the router, where cached answers and unknown paths never come.
    """

    def __init__(
        self,
        settings: RateLimitSettings,
        addresses: ClientAddresses,
        identify: Identify,
        now: Callable[[], float],
    ) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Config file .* not found")
            super().__init__(
                key_func=addresses.find,
                strategy=_STRATEGY,
                storage_uri=f"{SharedCounters.STORAGE_SCHEME[0]}://",
                storage_options={"now": now},  # type: ignore[dict-item]  # handed on as they are
                config_filename=_NO_FILE,
            )
        storage = self.limiter.storage
        assert isinstance(storage, SharedCounters)  # noqa: S101 - named above
        self.counters = storage
        self.user = self._declare(USER_LIMIT, settings.user, lambda scope: identify(scope) or "")
        self.address = self._declare("address", settings.address, addresses.find)
        self.strict = self._declare("auth", settings.auth, addresses.find)
        self._identify = identify

    def get_app_config(
        self,
        key: str,  # noqa: ARG002 - the name by which slowapi would look it up
        default_value: Default = None,  # type: ignore[assignment]  # as it is declared there
    ) -> Default:
        """Return the default: our settings come from `TASKFLEET_*` alone, never from `RATELIMIT_*`."""
        return default_value

    @property
    def is_off(self) -> bool:
        """Whether nothing is limited."""
        return self.user is None and self.address is None and self.strict is None

    def choose(self, treatment: Treatment, scope: Scope) -> tuple[DeclaredLimit | None, str]:
        """Return the one limit that a request counts under, and whose budget it is."""
        if treatment is Treatment.ORDINARY or self.strict is None:
            user_id = self._identify(scope)
            if user_id is not None:
                return self.user, user_id
            limit = self.address
        else:
            limit = self.strict
        return limit, "" if limit is None else limit.find_subject(scope)

    def count(self, limit: DeclaredLimit, subject: str) -> Standing:
        """Count a request, unless that would exceed the limit."""
        key, window_seconds = limit.key_prefix + subject, limit.window_seconds
        is_admitted, previous, current, left, now = self.counters.count(key, limit.amount, window_seconds)
        remaining = limit.amount - int(previous * left / window_seconds) - current
        if remaining > 0:
            seconds = left
        else:
            remaining = 0
            seconds = seconds_until_free(limit.amount, window_seconds, previous, current, left)
        # Rounded up, and beyond the instant itself, at which it is not free yet.
        return Standing(is_admitted, remaining, int(seconds) + 1, int(now + seconds) + 1)

    def _declare(self, name: str, text: str | None, find_subject: FindSubject) -> DeclaredLimit | None:
        if text is None:
            return None
        (limit,) = LimitGroup(text, find_subject, name, False, None, None, None, 1, False)
        return DeclaredLimit(limit)


def seconds_until_free(amount: int, window_seconds: int, previous: int, current: int, left: float) -> float:
    """Return after how many seconds a request is admitted, if none is meanwhile; `left` are those of this window.

    The window before counts with the share of it that the last `window_seconds` still cover.
    """
    if current < amount:
        return max(0.0, left - (amount - current) * window_seconds / previous) if previous else 0.0
    # The present window is full by itself, and has to fade as the previous one does.
    return left + window_seconds - amount * window_seconds / current


class RateLimitMiddleware:
    """Counts every http request under its limit, tells the client where it stands, and refuses what is too much.

    `RequestContextMiddleware` must be around it.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: RequestLimits,
        routes: Sequence[BaseRoute],
        metrics: Metrics,
        frontends: Sequence[LimitedFrontend] = (),
    ) -> None:
        self._app = app
        self._limits = limits
        self._treatments = TreatmentTable(routes, frontends)
        self._metrics = metrics
        self._is_off = limits.is_off

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one connection of any type; only http is limited."""
        if scope["type"] != "http" or self._is_off or exchange_of(scope).is_counted:
            return self._app(scope, receive, send)
        path, root = scope["path"], scope.get("root_path")
        treatment = self._treatments.find(scope["method"], path.removeprefix(root) if root else path)
        if treatment is Treatment.EXEMPT:
            return self._app(scope, receive, send)
        limit, subject = self._limits.choose(treatment, scope)
        if limit is None:
            return self._app(scope, receive, send)
        standing = self._limits.count(limit, subject)
        exchange_of(scope).head += limit.head(standing)
        if standing.is_admitted:
            return self._app(scope, receive, send)
        self._metrics.rate_limit_refusals.labels(limit.name).inc()
        return _refuse(scope, limit, subject, standing)(scope, receive, send)


def _refuse(scope: Scope, limit: DeclaredLimit, subject: str, standing: Standing) -> ProblemResponse:
    if limit.name == USER_LIMIT:
        scope["state"]["user_id"] = subject  # for the log
    seconds = standing.reset_seconds
    error = RateLimitedError(
        f"More than {limit.amount} requests in {limit.window_seconds} s. Try again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )
    return respond_with_problem(Request(scope), error)
