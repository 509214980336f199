"""Problem documents (RFC 9457): the one shape in which every error leaves the service."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.core.errors import ProblemError, ServiceUnavailableError
from app.core.secret_paths import hide_secrets
from app.data.failures import DatabaseError, is_database_away

MEDIA_TYPE = "application/problem+json"
# Resolved against the installation's own address; the slugs are explained in docs/problems.md.
TYPE_PREFIX = "/problems/"

# Nobody mends more at once, and a body of nothing but faults is not to be answered with a longer one.
_MAX_FIELD_ERRORS = 50
# Longer than the name of any member; only names that the caller made up are cut.
_MAX_NAME_LENGTH = 100

logger = structlog.get_logger(__name__)


class FieldError(BaseModel):
    """One value that is not acceptable."""

    pointer: Annotated[str, Field(description="JSON Pointer (RFC 6901) to the value", examples=["/due/date"])]
    detail: str


class Problem(BaseModel):
    """What went wrong, for a program (`type`, `status`) and for a person (`title`, `detail`)."""

    type: Annotated[str, Field(examples=["/problems/not-found"])]
    title: Annotated[str, Field(examples=["Not found"])]
    status: Annotated[int, Field(examples=[404])]
    detail: Annotated[str, Field(examples=["There is no such task."])]
    instance: Annotated[str, Field(examples=["/api/v1/tasks/0198c7a2-6f00-7000-8000-000000000000"])]
    request_id: Annotated[str, Field(examples=["4f1c2a9be3d84c0f"])]
    errors: Annotated[list[FieldError] | None, Field(description="Only for validation errors")] = None


class ProblemResponse(Response):
    """A problem document on its way out."""

    media_type = MEDIA_TYPE

    def __init__(self, document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(
            to_json(document),
            status_code=document["status"],
            headers={"Cache-Control": "no-store", **(headers or {})},
            media_type=MEDIA_TYPE,
        )
        # The charset that Starlette adds to text types has no meaning for JSON (RFC 8259, section 11).
        self.headers["Content-Type"] = MEDIA_TYPE


def describe_problem(error: ProblemError) -> dict[str, Any]:
    """Return the members of a problem that do not depend on the request."""
    return {
        "type": TYPE_PREFIX + error.slug,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        **error.extensions,
    }


def respond_with_problem(request: Request, error: ProblemError) -> ProblemResponse:
    """Return the response that tells the caller of `error`."""
    return ProblemResponse(describe_problem(error) | describe_occasion(request), error.headers)


def describe_occasion(request: Request) -> dict[str, str]:
    """Return the members of a problem that belong to the request."""
    return {
        "instance": quote(hide_secrets(request.scope["path"])),
        "request_id": request.scope.get("state", {}).get("request_id", ""),
    }


class _HttpError(ProblemError):
    """An error that the framework raised: unknown path, wrong method, unreadable or oversized body."""

    def __init__(self, status: int, detail: str | None, headers: Mapping[str, str] | None) -> None:
        phrase = HTTPStatus(status).phrase
        self.status = status  # type: ignore[misc]  # fixed a class for all others, given by the framework here
        self.slug = phrase.lower().replace(" ", "-")  # type: ignore[misc]
        self.title = phrase.capitalize()  # type: ignore[misc]
        super().__init__(None if detail == phrase else detail, headers=headers)


class MalformedBodyError(ProblemError):
    """The body cannot be read as JSON at all."""

    slug = "malformed-body"
    title = "Malformed body"
    status = 400


class PayloadTooLargeError(ProblemError):
    """The body is longer than the operation takes."""

    slug = "payload-too-large"
    title = "Payload too large"
    status = 413


class UnsupportedMediaTypeError(ProblemError):
    """The body is of a type that the operation does not take."""

    slug = "unsupported-media-type"
    title = "Unsupported media type"
    status = 415


class InvalidInputError(ProblemError):
    """One or several values are not acceptable."""

    slug = "validation-failed"
    title = "Validation failed"
    status = 422

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        detail = "; ".join(f"{error['pointer'] or '/'}: {error['detail']}" for error in errors[:3])
        super().__init__(f"{detail.removesuffix('.')}.", extensions={"errors": list(errors)})

    @classmethod
    def from_pydantic(
        cls, error: ValidationError | RequestValidationError, *, skip: int = 0, prefix: str = ""
    ) -> "InvalidInputError":
        """Translate Pydantic's errors.

        `skip` parts of each location (such as `body`) are left out, `prefix` is put ahead of each pointer.
        """
        return cls([_to_field_error(entry, skip, prefix) for entry in error.errors()[:_MAX_FIELD_ERRORS]])


def _to_field_error(entry: Mapping[str, Any], skip: int, prefix: str) -> dict[str, str]:
    names = (str(part) for part in entry["loc"][skip:])
    parts = [_shorten(name).replace("~", "~0").replace("/", "~1") for name in names]
    message = str(entry["msg"]).removeprefix("Value error, ")
    return {"pointer": prefix + "".join(f"/{part}" for part in parts), "detail": message}


def _shorten(name: str) -> str:
    return name if len(name) <= _MAX_NAME_LENGTH else f"{name[:_MAX_NAME_LENGTH]}…"


class InternalError(ProblemError):
    """A fault of ours; the log has the rest under the request id."""

    slug = "internal-error"
    title = "Internal error"
    status = 500


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - what it is registered for
    return respond_with_problem(request, error)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    if any(entry["type"] == "json_invalid" for entry in error.errors()):
        return respond_with_problem(request, MalformedBodyError("The body is not valid JSON."))
    return respond_with_problem(request, InvalidInputError.from_pydantic(error, skip=1))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    is_wrong_method = error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    headers = {"Allow": _allowed_methods(request)} if is_wrong_method else error.headers
    return respond_with_problem(request, _HttpError(error.status_code, error.detail, headers))


def _allowed_methods(request: Request) -> str:
    """The methods of every route with this path; the framework names those of the first one alone."""
    allowed = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.router.routes
        )
    ]
    # A file of a frontend exists, and yet has none of these routes.
    return ", ".join(["GET", "HEAD", *allowed[1:]] if "GET" in allowed else allowed) or "GET, HEAD"


async def _on_database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DatabaseError)  # noqa: S101
    if not is_database_away(error):
        raise error
    logger.warning("database_away", error=type(error).__name__)
    return respond_with_problem(request, ServiceUnavailableError("The database did not answer in time."))


async def _on_fault(request: Request, error: Exception) -> Response:  # noqa: ARG001 - nothing of it is told
    return respond_with_fault(request)


def respond_with_fault(request: Request) -> ProblemResponse:
    """Return the answer to a request that met a fault of ours."""
    return respond_with_problem(request, InternalError("Something went wrong on our side."))


def install_problem_handlers(app: FastAPI) -> None:
    """Make every exception of a route a problem document; one that nobody expected goes on to the log as well."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(DatabaseError, _on_database_error)
    app.add_exception_handler(Exception, _on_fault)
