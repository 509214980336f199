"""By which words requests are counted, traced and reported: never those that somebody made up."""

from collections.abc import Mapping
from http import HTTPMethod
from typing import Any

_METHODS = frozenset(HTTPMethod)


def method_label(scope: Mapping[str, Any]) -> str:
    """The method; for those that somebody made up one fixed label, so that they make no new time series."""
    method: str = scope["method"]
    return method if method in _METHODS else "(other)"


def route_template(scope: Mapping[str, Any]) -> str:
    """The full path template; for unknown paths one fixed label, so that scanners make no new time series."""
    known: str | None = scope["state"].get("route_template")  # of what never reached the router
    if known is not None:
        return known
    route = scope.get("route")
    if route is None:
        return "(none)"
    effective = scope.get("fastapi", {}).get("effective_route_context")
    return str(getattr(effective, "path", None) or route.path)
