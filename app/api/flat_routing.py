"""Calls the route of a request without asking one router after the other, which takes longer than many an answer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

from app.api.direct_routes import Handler, find_direct_handler
from app.api.exchange import exchange_of
from app.api.strict_json import StrictJsonRoute


@dataclass(frozen=True, slots=True)
class KnownRoute:
    """A route that can be called, with its full path template; `app` answers, or raises what the route raises."""

    template: str
    route: APIRoute
    app: ASGIApp


class RouteTable:
    """Finds the route that FastAPI's router would find for a method and path, if it is one that can be called.

    The first route that matches has the request, as it does there.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        # None where what FastAPI's router finds is not ours to call.
        self._literal: dict[tuple[str, str], KnownRoute | None] = {}
        self._patterns: dict[str, list[tuple[re.Pattern[str], dict[str, Any], KnownRoute | None]]] = {}
        for method, template, known in _entries(routes):
            if "{" in template:
                pattern, _, convertors = compile_path(template)
                self._patterns.setdefault(method, []).append((pattern, convertors, known))
            elif self._find_pattern(method, template) is None:
                self._literal.setdefault((method, template), known)

    def find(self, method: str, path: str) -> tuple[KnownRoute, dict[str, Any]] | None:
        """Return the route and the parameters in its path."""
        key = (method, path)
        if key in self._literal:
            known = self._literal[key]
            return None if known is None else (known, {})
        found = self._find_pattern(method, path)
        return None if found is None or found[0] is None else (found[0], found[1])

    def _find_pattern(self, method: str, path: str) -> tuple[KnownRoute | None, dict[str, Any]] | None:
        for pattern, convertors, known in self._patterns.get(method, ()):
            match = pattern.match(path)
            if match is not None:
                return known, {name: convertors[name].convert(text) for name, text in match.groupdict().items()}
        return None


def _entries(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str, KnownRoute | None]]:
    for context in iter_route_contexts(routes):
        if context.methods is None:
            return  # a mount or the like, which the router asks ahead of all that follow
        route, template = context.original_route, str(context.path)
        for method in context.methods:
            yield method, template, _known(context, route, template) if isinstance(route, APIRoute) else None


def _known(context: RouteContext, route: APIRoute, template: str) -> KnownRoute:
    # What an including router adds is in the context alone.
    is_alone = context.dependencies == route.dependencies and context.max_body_size is None
    if is_alone and isinstance(route, StrictJsonRoute) and find_direct_handler(route) is not None:
        return KnownRoute(template, route, _answer_directly(route.get_route_handler()))
    return KnownRoute(template, route, _surround(context.app))


def _answer_directly(handle: Handler) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handle(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


def _surround(route_app: ASGIApp) -> ASGIApp:
    """Return FastAPI's app of a route with what FastAPI's own middleware would put around it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as stack:
            scope["fastapi_middleware_astack"] = stack
            await route_app(scope, receive, send)

    return app


class FlatRoutingMiddleware:
    """Calls the routes that are in the table; everything else goes on to FastAPI's router.

    `PlainPathMiddleware` must be around it. Of what FastAPI's own layers do it does what the service has use for: the
    names of the route in the scope, and the handlers of exceptions, which are coroutines and go by class.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute], handlers: Mapping[Any, ExceptionHandler]) -> None:
        self._app = app
        self._table = RouteTable(routes)
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only http has routes. What is traced goes on: FastAPI names its span."""
        is_ours = scope["type"] == "http" and not scope.get("root_path") and "fastapi.telemetry" not in scope
        found = self._table.find(scope["method"], scope["path"]) if is_ours else None
        if found is None:
            await self._app(scope, receive, send)
            return
        known, scope["path_params"] = found
        scope["route"], scope["endpoint"] = known.route, known.route.endpoint
        scope["state"]["route_template"] = known.template
        try:
            await known.app(scope, receive, send)
        except Exception as error:
            handler = self._find_handler(error)
            if handler is None or exchange_of(scope).has_begun:
                raise
            response: Any = handler(Request(scope, receive, send), error)
            await (await response)(scope, receive, send)
            # Whoever keeps the error, as the request itself may, would keep all that the route was at work with.
            error.__traceback__ = None

    def _find_handler(self, error: Exception) -> Any:
        """Return the handler of the nearest class; the one for all faults is called by an outer layer, which logs."""
        kinds = (kind for kind in type(error).__mro__ if kind is not Exception)
        return next((self._handlers[kind] for kind in kinds if kind in self._handlers), None)
