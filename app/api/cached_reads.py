"""The cache in front of the router: answers what was asked before, and keeps what the router answers."""

import asyncio
import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.cacheable import CacheableRoute, CacheableRoutes, EtagKind
from app.api.credentials import CredentialReader
from app.api.exchange import WholeAnswer, exchange_of, is_head, write_head
from app.api.kept_answer import Answer, find_if_none_match, names_etag
from app.api.known_account import KnownAccounts, UserView, keep_view
from app.api.preconditions import private_headers, profile_etag, query_etag
from app.cache.doorkeeper import Doorkeeper
from app.cache.store import CacheStore
from app.core.identity import TokenGrant
from app.core.metrics import CacheMetrics, ReadOutcome
from app.data.accounts import Account
from app.data.replica_reads import ReplicaReads

# A page of 50 tasks has some 25 KB; what is much larger would push out what many others ask for.
MAX_ANSWER_BYTES = 262_144
# Longer than any query that a client of ours sends; a name is kept with each answer.
MAX_NAME_BYTES = 1_024

_Flight = tuple[bytes, bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class CachedReads:
    """What the middleware works with; built in `bootstrap`, found on `app.state.cached_reads`."""

    store: CacheStore
    accounts: KnownAccounts
    credentials: CredentialReader
    metrics: CacheMetrics
    replica_reads: ReplicaReads | None = None
    flights: dict[_Flight, "asyncio.Future[_Capture | None]"] = field(default_factory=dict)
    doorkeeper: Doorkeeper = field(default_factory=Doorkeeper)
    # By the path, what finds an answer that is the same for everybody, if it is at hand.
    shared: dict[str, Callable[[], Answer | None]] = field(default_factory=dict)

    def find_shared(self, view: UserView | None, scope: Scope) -> Answer | None:
        """Return what everybody who is known gets at a path, if it is at hand; the router judges what has a query."""
        find = self.shared.get(scope["path"])
        is_known = view is not None and view.account is not None
        return find() if find is not None and is_known and not scope["query_string"] else None


class CachedReadsMiddleware:
    """Reads what the cache knows of the caller ahead of every request, and answers from it where it can."""

    def __init__(self, app: ASGIApp, prefix: str, routes: Callable[[], CacheableRoutes]) -> None:
        self._app = app
        self._prefix = prefix
        self._find_routes = routes
        self._routes: CacheableRoutes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only signed-in requests below the prefix are dealt with here."""
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        parts: CachedReads | None = getattr(scope["app"].state, "cached_reads", None)
        credentials = None if parts is None else parts.credentials.read(scope)
        if parts is None or credentials is None or credentials.session is None:
            await self._app(scope, receive, send)
            return
        is_change = scope["method"] != "GET"
        route = None if is_change else self._find_route(scope["path"], credentials.grant)
        is_shared = route is not None and route.etag_kind is EtagKind.SHARED
        name = None if route is None or is_shared else name_of(scope)
        view = await parts.accounts.read(credentials.session, name, may_be_fenced=is_change)
        if view is not None:
            keep_view(scope, view, credentials)
            if view.account is not None:
                parts.credentials.note_use(credentials)
        if route is None or name is None:
            shared = parts.find_shared(view, scope) if is_shared else None
            await (self._app(scope, receive, send) if shared is None else _send_shared(parts, shared, scope))
            return
        scope["state"]["route_template"] = route.template
        known = None if view is None else _find_known(view, route, scope)
        if known is None:
            await _UnknownRead(self._app, parts, route, name, view, scope, receive, send).run()
            return
        await exchange_of(scope).send_whole(*known)
        parts.metrics.reads.count("hit" if known[0] == 200 else "not_modified")

    def _find_route(self, path: str, grant: TokenGrant | None) -> CacheableRoute | None:
        if self._routes is None:
            self._routes = self._find_routes()  # not before all routes are there
        route = self._routes.find(path)
        # A token without the scope goes on to the router, which says what it lacks.
        return route if route is not None and route.is_open_to(grant) else None


@dataclass(slots=True)
class _UnknownRead:
    """One GET request to a cacheable route whose answer the cache does not hold."""

    app: ASGIApp
    parts: CachedReads
    route: CacheableRoute
    name: bytes
    view: UserView | None
    scope: Scope
    receive: Receive
    send: Send

    async def run(self) -> None:
        view = self.view
        if view is None:
            await self._finish("bypass")
        elif view.account is None:
            await self._load(view)
        else:
            await self._share(view, view.account)

    async def _share(self, view: UserView, account: Account) -> None:
        """Let the requests that ask the same of the same generation wait for the first one's answer."""
        flight: _Flight = (view.session.user_key, view.session.field, self.name, view.generation)
        under_way = self.parts.flights.get(flight)
        if under_way is not None:
            capture = await asyncio.shield(under_way)
            answer = None if capture is None else capture.answer
            if answer is None:
                await self._finish("miss")  # what went wrong there may not go wrong here
                return
            await exchange_of(self.scope).send_whole(*answer.for_caller(self.scope))
            self._count("shared")
            return
        landing = self.parts.flights[flight] = asyncio.get_running_loop().create_future()
        capture = None
        try:
            async with self._replicas(account):
                capture = await self._capture()
        finally:
            del self.parts.flights[flight]
            landing.set_result(capture)
        self._count("miss")
        await self._fill(view, capture)

    async def _load(self, view: UserView) -> None:
        """Answer for a session that the cache does not know yet; the route finds out who it is."""
        capture = await self._capture()
        self._count("miss")
        await self._fill(view, capture)

    async def _fill(self, view: UserView, capture: "_Capture") -> None:
        if not capture.is_complete:
            return
        is_seldom_repeated = self.route.is_seldom_repeated(self.scope["query_string"])
        if is_seldom_repeated and not self.parts.doorkeeper.admits(view.session.user_id, self.name):
            self.parts.metrics.fills["not_admitted"].inc()
        elif capture.answer is not None:
            await self.parts.accounts.keep_answer(self.scope, view, self.name, capture.answer.encode())

    def _replicas(self, account: Account) -> contextlib.AbstractAsyncContextManager[None]:
        """Where the route may read: on a secondary too, if it holds what this generation of the cache knows."""
        replica_reads = self.parts.replica_reads
        if replica_reads is None:
            return contextlib.nullcontext()
        return replica_reads.at_least(account.user_id, account.revision)

    async def _capture(self) -> "_Capture":
        """Let the route answer, and return what it answered."""
        capture = _Capture(self.send)
        await self.app(self.scope, self.receive, capture.send)
        return capture

    async def _finish(self, outcome: ReadOutcome) -> None:
        await self.app(self.scope, self.receive, self.send)
        self._count(outcome)

    def _count(self, outcome: ReadOutcome) -> None:
        self.parts.metrics.reads.count(outcome)


class _Capture:
    """Passes an answer on and keeps a copy of it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._headers: list[tuple[bytes, bytes]] | None = None
        self._body: list[bytes] = []
        self._has_ended = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] == 200:
                self._headers = [header for header in message["headers"] if header[0] != b"content-length"]
        elif self._headers is not None:
            self._body.append(message.get("body", b""))
            self._has_ended = not message.get("more_body", False)
        await self._send(message)

    @property
    def is_complete(self) -> bool:
        """Whether it was a 200 to its end."""
        return self._headers is not None and self._has_ended

    @functools.cached_property
    def answer(self) -> Answer | None:
        """The answer, if it was a complete 200 with an ETag that is not too large to be kept."""
        body = b"".join(self._body)
        if self._headers is None or not self.is_complete or len(body) > MAX_ANSWER_BYTES:
            return None
        names = {name for name, _ in self._headers}
        head = write_head([*self._headers, (b"content-length", b"%d" % len(body))])
        if b"etag" not in names or b"set-cookie" in names or not is_head(head, len(self._headers) + 1):
            return None
        return Answer(head, body)


async def _send_shared(parts: CachedReads, answer: Answer, scope: Scope) -> None:
    scope["state"]["route_template"] = scope["path"]
    known = answer.for_caller(scope)
    await exchange_of(scope).send_whole(*known)
    parts.metrics.reads.count("hit" if known[0] == 200 else "not_modified")


def name_of(scope: Scope) -> bytes | None:
    """Return what an answer is kept under; None for what is never kept."""
    path: bytes = scope["path"].encode()
    if b"?" in path:  # decoded from %3F; its name would be that of another path with a query
        return None
    query: bytes = scope["query_string"]
    name = path + b"?" + query if query else path
    return name if len(name) <= MAX_NAME_BYTES else None


def _find_known(view: UserView, route: CacheableRoute, scope: Scope) -> WholeAnswer | None:
    """Return what can be answered without the route, if anything can."""
    if view.account is None:
        return None
    answer = None if view.answer is None else Answer.decode(view.answer)
    if answer is not None:
        return answer.for_caller(scope)
    named = find_if_none_match(scope)
    # A caller who names the tag shows that the query was valid; `*` shows nothing.
    if named is None or named == b"*":
        return None
    etag = _known_etag(view.account, route.etag_kind, scope)
    if etag is None or not names_etag(named, etag.encode()):
        return None
    return 304, _head_of_unchanged(etag), b""


# Here, where no query is longer than a name may be.
_query_etag = functools.lru_cache(maxsize=10_000)(query_etag)


def _known_etag(account: Account, kind: EtagKind, scope: Scope) -> str | None:
    """The ETag that the answer would have, where the revision is enough to tell."""
    match kind:
        case EtagKind.PROFILE:
            return profile_etag(account.user_id, account.revision)
        case EtagKind.QUERY:
            query = scope["query_string"].decode("latin-1")
            return _query_etag(account.user_id, account.revision, scope["path"], query)
        case EtagKind.ANSWER | EtagKind.SHARED:
            return None


@functools.lru_cache(maxsize=10_000)
def _head_of_unchanged(etag: str) -> bytes:
    headers = private_headers(etag).items()
    return write_head((name.lower().encode(), value.encode("latin-1")) for name, value in headers)
