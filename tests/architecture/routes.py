"""All routes of an app, those of included routers too, with the dependencies that each of them has."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts


@dataclass(frozen=True)
class RouteFacts:
    """One method of one path; `calls` are its dependencies, direct and indirect, `nested` the indirect ones.

    `is_given_nothing_by_some` of them, which are then declared for a router or aside of the signature.
    """

    method: str
    path: str
    calls: frozenset[Callable[..., Any]]
    nested: frozenset[Callable[..., Any]]
    is_given_nothing_by_some: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes_of(app: FastAPI) -> Iterator[RouteFacts]:
    """Every route of our own, frontends last; HEAD is what the middleware makes of GET."""
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        parts = [] if dependant is None else dependant.dependencies
        calls = frozenset() if dependant is None else frozenset(_calls(dependant))
        nested = frozenset(call for part in parts for call in _calls(part))
        for method in sorted(set(context.methods or ()) - {"HEAD"}):
            unnamed = any(part.name is None for part in parts)
            yield RouteFacts(method, str(context.path), calls, nested, unnamed)
    # FastAPI keeps them apart, and shows them to nobody.
    for group in app.router._iter_low_priority_routes():
        prefix = getattr(group, "frontend_prefix", "")
        for route in getattr(group, "original_route", group).routes:
            for method in sorted(route.methods - {"HEAD"}):
                path = f"{prefix}{route.path}".rstrip("/") + "/{path}"
                yield RouteFacts(method, path, frozenset(), frozenset())


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for part in dependant.dependencies:
        if part.call is not None:
            yield part.call
        yield from _calls(part)
