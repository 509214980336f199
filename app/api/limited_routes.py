"""Which limit a route declares: the strict one, none for a reason, or (by saying nothing) the ordinary one."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_TREATMENT = "__rate_limit_treatment__"
_REASON = "__rate_limit_reason__"


class Treatment(Enum):
    """How the requests of a route are counted."""

    ORDINARY = auto()
    STRICT = auto()
    EXEMPT = auto()


def limit_strictly(endpoint: Endpoint) -> Endpoint:
    """Mark an endpoint whose requests count under the strict limit of their address, and no other."""
    setattr(endpoint, _TREATMENT, Treatment.STRICT)
    return endpoint


def exempt_from_limits(reason: str) -> Callable[[Endpoint], Endpoint]:
    """Mark an endpoint whose requests are not counted, and say why."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _TREATMENT, Treatment.EXEMPT)
        setattr(endpoint, _REASON, reason)
        return endpoint

    return mark


@dataclass(frozen=True, slots=True)
class LimitedRoute:
    """One method of one path with its declared treatment; `reason` is there for exempt ones."""

    method: str
    path: str
    treatment: Treatment
    reason: str | None


@dataclass(frozen=True, slots=True)
class LimitedFrontend(LimitedRoute):
    """Files that answer for every path with `pattern` at its beginning, if no route has it.

    FastAPI lists them among no routes, so they are declared by themselves.
    """

    pattern: re.Pattern[str]


def declared_routes(routes: Sequence[BaseRoute]) -> Iterator[LimitedRoute]:
    """Yield all routes, those of included routers too, with what they declare."""
    for context in iter_route_contexts(routes):
        endpoint = context.endpoint
        treatment = getattr(endpoint, _TREATMENT, Treatment.ORDINARY)
        for method in sorted(context.methods or ()):
            yield LimitedRoute(method, str(context.path), treatment, getattr(endpoint, _REASON, None))


class TreatmentTable:
    """Tells the treatment of a request from its method and path alone, before and without routing.

    Only what declares something is in it. A path with parameters is looked for when no literal one matches, as the
    router does; it goes by the same pattern. Frontends come last, as they do there.
    """

    def __init__(self, routes: Sequence[BaseRoute], frontends: Sequence[LimitedFrontend] = ()) -> None:
        self._literal: dict[str, dict[str, Treatment]] = {}
        self._patterns: list[tuple[str, re.Pattern[str], dict[str, Treatment]]] = []
        with_parameters: dict[str, dict[str, Treatment]] = {}
        for route in declared_routes(routes):
            if route.treatment is not Treatment.ORDINARY:
                paths = with_parameters if "{" in route.path else self._literal
                paths.setdefault(route.path, {})[route.method] = route.treatment
        for path, methods in with_parameters.items():
            self._patterns.append((path.partition("{")[0], compile_path(path)[0], methods))
        for frontend in frontends:
            beginning = frontend.path.partition("{")[0]
            self._patterns.append((beginning, frontend.pattern, {frontend.method: frontend.treatment}))
        self._beginnings = tuple(beginning for beginning, _, _ in self._patterns)

    def find(self, method: str, path: str) -> Treatment:
        """Return the treatment of a request."""
        methods = self._literal.get(path)
        if methods is not None and method in methods:
            return methods[method]
        if not path.startswith(self._beginnings):
            return Treatment.ORDINARY
        for beginning, pattern, by_method in self._patterns:
            if path.startswith(beginning) and method in by_method and pattern.match(path):
                return by_method[method]
        return Treatment.ORDINARY
