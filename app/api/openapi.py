"""The words of the OpenAPI document that belong to no single operation, and the error responses of operations."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.api.limited_routes import Treatment, declared_routes
from app.api.problems import MEDIA_TYPE, Problem
from app.api.security import SCOPES, find_caller_dependency

API_DESCRIPTION = """
Tasks with lists, labels, due dates and live synchronisation.

Every error is a problem document (RFC 9457). Resources carry strong ETags; `If-Match` guards changes.
POST requests may carry an `Idempotency-Key`. Lists come in pages with an opaque `cursor`.
"""

TAGS = [
    {"name": "auth", "description": "Signing in and out."},
    {"name": "me", "description": "The signed-in user's profile and devices."},
    {"name": "tasks", "description": "Tasks and what can be done with them."},
    {"name": "lists", "description": "Lists of tasks."},
    {"name": "common tasks", "description": "A catalogue that everybody may copy from; kept by administrators."},
    {"name": "notifications", "description": "What the user is told, and how."},
    {"name": "sync", "description": "Everything that changed since a revision."},
    {"name": "admin", "description": "What administrators may do; others get 403."},
    {"name": "operations", "description": "Health and metrics, for operators."},
]

_MEANINGS = {
    304: "The caller has this version already",
    400: "Malformed body or cursor",
    401: "Sign-in required",
    403: "Not allowed, a personal token that may not do this, or a cross-site request",
    404: "There is no such thing",
    409: "Conflict with the present state",
    412: "The resource has changed; `current` holds what it is now",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "A value is not acceptable; `errors` tells which",
    429: "A rate limit is used up, or too much goes on at once; try again after `Retry-After` seconds",
    502: "The provider gave an unusable answer",
    503: "A server behind this one is away; try again after `Retry-After` seconds",
}

_READ = (401, 403, 422, 503)
_WRITE = (400, 401, 403, 413, 415, 422, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI responses that document the given error statuses."""
    return {
        status: (
            {"description": _MEANINGS[status]}
            if status == 304
            else {
                "description": _MEANINGS[status],
                "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}},
            }
        )
        for status in sorted(set(statuses))
    }


def read_problems(*more: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors of a signed-in GET, and `more`."""
    return problems(*_READ, *more)


def write_problems(*more: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors of a signed-in change, and `more`."""
    return problems(*_WRITE, *more)


_LIMIT_HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Policy": {
        "description": "The limit: `q` requests in `w` seconds",
        "schema": {"type": "string", "examples": ['"user";q=300;w=60']},
    },
    "RateLimit": {
        "description": "`r` requests remain; after `t` seconds there are more",
        "schema": {"type": "string", "examples": ['"user";r=0;t=12']},
    },
    "X-RateLimit-Limit": {
        "description": "Requests in each period",
        "schema": {"type": "integer", "examples": [300]},
    },
    "X-RateLimit-Remaining": {
        "description": "Requests that remain",
        "schema": {"type": "integer", "examples": [0]},
    },
    "X-RateLimit-Reset": {
        "description": "When there are more, in seconds since 1970",
        "schema": {"type": "integer", "examples": [1795435212]},
    },
    "Retry-After": {
        "description": "Seconds after which a request is admitted again",
        "schema": {"type": "integer", "minimum": 1, "examples": [12]},
    },
}


def _describe_limits(app: FastAPI, document: dict[str, Any]) -> None:
    """Add the refusal to every operation that is limited; no route has to name it."""
    for route in declared_routes(app.routes):
        operation = document["paths"].get(route.path, {}).get(route.method.lower())
        if operation is not None and route.treatment is not Treatment.EXEMPT:
            references = {name: {"$ref": f"#/components/headers/{name}"} for name in _LIMIT_HEADERS}
            operation["responses"]["429"] = problems(429)[429] | {"headers": references}
    document["components"]["headers"] = _LIMIT_HEADERS


# The cookie's name is that of the production profile.
_SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An access token of a signed-in session"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-access",
        "description": "The browser's session",
    },
    "personal_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "tf_ and 92 letters and digits",
        "description": "A personal token with the scope that the operation names",
    },
}


def _describe_security(app: FastAPI, document: dict[str, Any]) -> None:
    """Say of every operation that asks who is calling how one says it, and which scope a personal token needs.

    OpenAPI 3.1 (section 4.8.30) lets schemes of every type list such roles.
    """
    for context in iter_route_contexts(app.routes):
        caller = find_caller_dependency(getattr(context, "dependant", None))
        if caller is None:
            continue
        scope = SCOPES[caller]
        accepted: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
        if scope is not None:
            accepted.append({"personal_token": [scope]})
        for method in context.methods or ():
            operation = document["paths"].get(context.path, {}).get(method.lower())
            if operation is not None:
                operation["security"] = accepted
    document["components"]["securitySchemes"] = _SECURITY_SCHEMES


def install_openapi(app: FastAPI) -> None:
    """Complete the document that FastAPI generates: schema of all errors, sign-in, and refusals of rate limits."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas |= problem.pop("$defs", {}) | {Problem.__name__: problem}
        _describe_security(app, document)
        _describe_limits(app, document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents
