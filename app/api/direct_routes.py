"""Routes that are called without FastAPI's resolving of their dependencies, which takes longer than many of them."""

import inspect
import itertools
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Errors = list[dict[str, Any]]


def find_direct_handler(route: APIRoute) -> Handler | None:
    """Return what answers as FastAPI's own handler of a route would, or None if the route needs that one.

    FastAPI looks for each request anew for whatever each dependency might take. It need not where they, and the route
    itself, take the request, parts of its path, headers that may be absent, and the route a JSON body. Dependencies
    are called in their order in the signature; what is wrong with the values is told together, in FastAPI's order.
    What FastAPI only does for tests, `dependency_overrides`, is not done here; dependencies of a whole router
    (`include_router`) are not known here, and a test of the architecture forbids them.
    """
    endpoint, dependant = route.endpoint, route.dependant
    own, body = _Arguments.of(dependant), _Body.of(route)
    is_simple = inspect.iscoroutinefunction(endpoint) and _is_response(inspect.signature(endpoint).return_annotation)
    if not is_simple or own is None or (dependant.body_params and body is None):
        return None
    calls = []
    for dependency in dependant.dependencies:
        name, call, arguments = dependency.name, dependency.call, _Arguments.of(dependency)
        if name is None or call is None or arguments is None or not _is_plain_dependency(dependency):
            return None
        calls.append((name, call, arguments))
    if any(call == other for (_, call, _), (_, other, _) in itertools.combinations(calls, 2)):
        return None  # FastAPI calls it once

    async def handle(request: Request) -> Response:
        values: dict[str, Any] = {}
        errors: Errors = []
        for name, call, arguments in calls:
            found: Errors = []
            given = arguments.read(request, found)
            if found:
                errors += found
            else:
                values[name] = await call(**given)
        values.update(own.read(request, errors))
        if body is not None:
            values[body.name] = await body.read(request, errors)
        if errors:
            raise RequestValidationError(errors)
        response: Response = await endpoint(**values)
        return response

    return handle


class _Arguments:
    """What of a request, beside its body, something is called with."""

    def __init__(self, dependant: Dependant) -> None:
        self._request_name = dependant.request_param_name
        self._path = [(field.name, field.alias, field) for field in dependant.path_params]
        self._headers = [(field.name, field.alias, field) for field in dependant.header_params]

    @classmethod
    def of(cls, dependant: Dependant) -> "_Arguments | None":
        """Return what it is called with, or None if it takes more than can be given here."""
        takes_more = (
            *(dependant.query_params, dependant.cookie_params, dependant.websocket_param_name),
            *(dependant.http_connection_param_name, dependant.response_param_name),
            *(dependant.background_tasks_param_name, dependant.security_scopes_param_name),
        )
        is_readable = all(_is_optional_text(field.field_info) for field in dependant.header_params)
        return None if any(takes_more) or not is_readable else cls(dependant)

    def read(self, request: Request, errors: Errors) -> dict[str, Any]:
        """Return the arguments; what is wrong with them is added to the errors."""
        arguments: dict[str, Any] = {} if self._request_name is None else {self._request_name: request}
        for name, alias, field in self._path:
            arguments[name], found = field.validate(request.path_params[alias], loc=("path", alias))
            errors += found
        for name, header, field in self._headers:
            text = request.headers.get(header)
            if text is None:
                arguments[name] = None
            else:
                arguments[name], found = field.validate(text, loc=("header", header))
                errors += found
        return arguments


class _Body:
    """The one model that a route reads its JSON body into."""

    def __init__(self, field: Any) -> None:
        self.name: str = field.name
        self._field = field

    @classmethod
    def of(cls, route: APIRoute) -> "_Body | None":
        """Return it, or None if there is none, or one of another kind."""
        fields = route.dependant.body_params
        is_only = len(fields) == 1 and route.body_field is fields[0]  # else FastAPI makes a model of several
        is_json = is_only and type(fields[0].field_info) is params.Body and fields[0].field_info.is_required()
        return cls(fields[0]) if is_json else None

    async def read(self, request: Request, errors: Errors) -> Any:
        """Return the model; what is wrong with the body is added to the errors."""
        if not await request.body():
            errors.append({"type": "missing", "loc": ("body",), "msg": "Field required", "input": None})
            return None
        model, found = self._field.validate(await request.json(), loc=("body",))
        errors += found
        return model


def _is_optional_text(declared: Any) -> bool:
    """Whether it is a single header that is None when it is absent."""
    is_plain = isinstance(declared, params.Header) and declared.validation_alias is None
    return is_plain and declared.default is None and declared.annotation == (str | None)


def _is_plain_dependency(dependant: Dependant) -> bool:
    """Whether it is a coroutine function, or an object that is called like one, without dependencies of its own."""
    call = dependant.call
    is_coroutine = inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)
    return is_coroutine and not dependant.dependencies and not dependant.body_params and dependant.concurrency is None


def _is_response(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Response)
