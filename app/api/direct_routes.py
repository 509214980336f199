"""Routes to which the request alone is enough: called without FastAPI's resolving of their dependencies."""

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, get_args

from fastapi import Request, Response
from fastapi.params import Depends
from fastapi.routing import APIRoute

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Dependency = Callable[[Request], Coroutine[Any, Any, Any]]


def find_direct_handler(route: APIRoute) -> Handler | None:
    """Return what answers as FastAPI's own handler of a route would, or None if the route needs that one.

    FastAPI looks for each request anew for whatever else each dependency might take. It need not where all of them,
    and the route itself, take the request alone: they are called in their order in the signature, and the answer is a
    `Response`. What FastAPI only does for tests, `dependency_overrides`, is not done here; dependencies of a whole
    router (`include_router`) are not known here, and a test of the architecture forbids them.
    """
    endpoint, signature = route.endpoint, inspect.signature(route.endpoint)
    names = {parameter.name: parameter.annotation for parameter in signature.parameters.values()}
    request_names = [name for name, annotation in names.items() if annotation is Request]
    dependencies = {name: _find_dependency(names[name]) for name in names if name not in request_names}
    calls = [(name, call) for name, call in dependencies.items() if call is not None]
    is_simple = inspect.iscoroutinefunction(endpoint) and _is_response(signature.return_annotation)
    if not is_simple or len(calls) < len(dependencies) or route.dependencies:
        return None

    async def handle(request: Request) -> Response:
        values: dict[str, Any] = dict.fromkeys(request_names, request)
        for name, call in calls:
            values[name] = await call(request)
        response: Response = await endpoint(**values)
        return response

    return handle


def _find_dependency(annotation: Any) -> Dependency | None:
    """Return the dependency that a parameter is declared to come from, if it takes the request alone."""
    declared = [part.dependency for part in get_args(annotation) if isinstance(part, Depends)]
    if len(declared) != 1 or declared[0] is None:
        return None
    call: Dependency = declared[0]
    parameters = inspect.signature(call).parameters.values()
    is_coroutine = inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)
    return call if is_coroutine and [parameter.annotation for parameter in parameters] == [Request] else None


def _is_response(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Response)
