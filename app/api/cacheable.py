"""Which routes may be answered from the cache: declared at the route, known to the middleware by path."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.api.security import SCOPES, find_caller_dependency
from app.core.identity import TokenGrant, TokenScope

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_ATTRIBUTE = "__cacheable__"
_PARAMETER = re.compile(r"\{[^}]+\}")


class EtagKind(Enum):
    """What the ETag of an answer is made of; it decides whether the revision alone can tell that nothing changed."""

    PROFILE = auto()  # the user and the user's revision
    QUERY = auto()  # these and the query
    ANSWER = auto()  # something in the answer itself
    SHARED = auto()  # nothing of a user: the answer is the same for everybody (`app.api.shared_reads`)


def cacheable(kind: EtagKind, *, seldom_repeated: re.Pattern[bytes] | None = None) -> Callable[[Endpoint], Endpoint]:
    """Declare that the answer of a GET route depends on the user, path, query and revision alone.

    One of the kind `SHARED` depends on none of these, and is kept elsewhere (`CachedReads.shared`).
    It may depend on the time as well if nobody minds that it is up to `CACHE_TTL_SECONDS` old. A query in which
    `seldom_repeated` finds something is kept only when it is asked again.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _ATTRIBUTE, (kind, seldom_repeated))
        return endpoint

    return mark


@dataclass(frozen=True, slots=True)
class CacheableRoute:
    """A route that may be answered from the cache; `scope` is what a personal token needs, None if none will do."""

    template: str
    etag_kind: EtagKind
    seldom_repeated: re.Pattern[bytes] | None = None
    scope: TokenScope | None = None

    def is_open_to(self, grant: TokenGrant | None) -> bool:
        """Whether a session, which has no grant, or a personal token may have the answer."""
        return grant is None or self.scope in grant.scopes

    def is_seldom_repeated(self, query: bytes) -> bool:
        """Whether such a query is one that hardly anybody asks twice."""
        return self.seldom_repeated is not None and self.seldom_repeated.search(query) is not None


class CacheableRoutes:
    """Finds the declared route of a path without the router."""

    def __init__(self, routes: Iterable[CacheableRoute]) -> None:
        self._exact: dict[str, CacheableRoute] = {}
        self._patterns: list[tuple[re.Pattern[str], CacheableRoute]] = []
        for route in routes:
            if _PARAMETER.search(route.template):
                pattern = "[^/]+".join(re.escape(part) for part in _PARAMETER.split(route.template))
                self._patterns.append((re.compile(pattern), route))
            else:
                self._exact[route.template] = route

    def find(self, path: str) -> CacheableRoute | None:
        """Return the route that a GET of this path leads to, if it may be answered from the cache."""
        route = self._exact.get(path)
        if route is not None:
            return route
        return next((route for pattern, route in self._patterns if pattern.fullmatch(path)), None)


def collect_cacheable_routes(app: FastAPI) -> CacheableRoutes:
    """Return what the routes of the app declare."""
    routes = []
    for context in iter_route_contexts(app.routes):
        declared = getattr(getattr(context, "endpoint", None), _ATTRIBUTE, None)
        if declared is not None:
            caller = find_caller_dependency(getattr(context, "dependant", None))
            scope = None if caller is None else SCOPES[caller]
            kind, seldom_repeated = declared
            routes.append(CacheableRoute(str(context.path), kind, seldom_repeated, scope))
    return CacheableRoutes(routes)
