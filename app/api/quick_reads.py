"""Cached answers that this process knows by heart: sent without a task, once the cache server says that they hold.

To run such an answer through coroutines costs a third of it. Here it takes two calls: one with the request, which
asks the server, and one with the reply. Whatever is not as plain as that goes the long way (`app.api.cached_reads`),
which finds out for itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from starlette.types import Message, Scope

from app.api.cacheable import CacheableRoute, CacheableRoutes, EtagKind
from app.api.cached_reads import CachedReads, name_of
from app.api.credentials import Credentials
from app.api.exchange import Exchange, WholeAnswer
from app.api.kept_answer import Answer
from app.api.rate_limit import RequestLimits
from app.api.request_reports import RequestReports
from app.cache.store import AskAgain, CachedSession, Reading
from app.core.identity import Role

# The name under which the server (`app.http_protocol`) finds them.
QUICK_READS = "quick_reads"

# Sends a whole answer, or returns False: something is out of the ordinary.
SendNow = Callable[[int, bytes, bytes], bool]

logger = structlog.get_logger(__name__)


class QuickReads:
    """Takes requests ahead of the app; they are limited, logged and counted as all others are.

    The routes whose answers may be kept are under the ordinary limit, all of them.
    """

    def __init__(
        self, parts: CachedReads, limits: RequestLimits, reports: RequestReports, prefix: str, routes: CacheableRoutes
    ) -> None:
        self._parts = parts
        self._limits = limits
        self._reports = reports
        self._prefix = prefix
        self._routes = routes

    def begin(self, scope: Scope, send_now: SendNow, go_long_way: Callable[[], None]) -> bool:
        """Take a request, if this process knows its answer: then that is sent, or `go_long_way` is called."""
        try:
            return self._begin(scope, send_now, go_long_way)
        except Exception:
            logger.exception("quick_read_failed")  # without the path, which may be a secret
            return False

    def _begin(self, scope: Scope, send_now: SendNow, go_long_way: Callable[[], None]) -> bool:
        if scope["method"] != "GET" or not scope["path"].startswith(self._prefix):
            return False
        credentials = self._parts.credentials.read(scope)
        session, claims = credentials.session, credentials.claims
        if session is None or claims is None:
            return False
        route = self._routes.find(scope["path"])
        ask = None if route is None else self._recall(session, route, credentials, scope)
        if route is None or ask is None:
            return False
        exchange = Exchange(scope, _send_nothing)
        limit = self._limits.user
        if limit is not None:
            standing = self._limits.count(limit, credentials.user_name)
            if not standing.is_admitted:
                return False  # nothing was counted; it is refused on the long way
            exchange.head += limit.head(standing)
        exchange.is_counted = True
        ask(_Waiting(self, scope, exchange, credentials, session, claims.role, route, send_now, go_long_way).hear)
        return True

    def _recall(
        self, session: CachedSession, route: CacheableRoute, credentials: Credentials, scope: Scope
    ) -> AskAgain | None:
        if route.etag_kind is EtagKind.SHARED or not route.is_open_to(credentials.grant):
            return None
        name = name_of(scope)
        return None if name is None else self._parts.store.recall(session, name)

    def find_answer(self, waiting: "_Waiting", reading: Reading) -> WholeAnswer | None:
        """Return what the caller gets, if a reading tells that it may."""
        account = self._parts.accounts.account_of(waiting.session, reading)
        if account is None or reading.is_fenced or reading.answer is None:
            return None
        if waiting.role is not None and waiting.role != account.role:
            return None
        answer = Answer.decode(reading.answer)
        return None if answer is None else answer.for_caller(waiting.scope)

    def report(self, waiting: "_Waiting", status: int) -> None:
        """Log and count a request that was answered."""
        scope, exchange = waiting.scope, waiting.exchange
        exchange.status = status
        scope["state"]["user_id"] = waiting.credentials.user_name
        scope["state"]["route_template"] = waiting.route.template
        self._parts.credentials.note_use(waiting.credentials)
        self._parts.metrics.reads.count("hit" if status == 200 else "not_modified")
        self._reports.report(scope, exchange)
        exchange.end()


@dataclass(slots=True)
class _Waiting:
    """A request whose answer this process knows, until it knows whether that holds."""

    quick_reads: QuickReads
    scope: Scope
    exchange: Exchange
    credentials: Credentials
    session: CachedSession
    # The one that the token names, if any.
    role: Role | None
    route: CacheableRoute
    send_now: SendNow
    go_long_way: Callable[[], None]

    def hear(self, reading: Reading | None) -> None:
        """Answer, or have it answered; `reading` is None if nothing can be said so quickly."""
        try:
            known = None if reading is None else self.quick_reads.find_answer(self, reading)
        except Exception:
            logger.exception("quick_read_failed", request_id=self.exchange.request_id)
            known = None
        if known is not None:
            status, head, body = known
            if self.send_now(status, head + self.exchange.head, body):
                self.quick_reads.report(self, status)
                return
        self.go_long_way()


async def _send_nothing(_message: Message) -> None:
    raise AssertionError("an exchange that goes the long way gets the sender of the app")
