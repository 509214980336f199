"""Domain errors: what can go wrong, each with a stable slug, a title and an HTTP status (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, ClassVar


class ProblemError(Exception):
    """An error that the caller is told about; subclasses set `slug`, `title` and `status`.

    `detail` is a sentence for a person, `extensions` are further members of the problem document,
    `headers` go out with the response.
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[int]

    def __init__(
        self,
        detail: str | None = None,
        *,
        extensions: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or f"{self.title}."
        self.extensions = dict(extensions or {})
        self.headers = dict(headers or {})


class NotFoundError(ProblemError):
    """There is no such thing, or it belongs to somebody else; the two are told apart nowhere."""

    slug = "not-found"
    title = "Not found"
    status = 404


class ForbiddenError(ProblemError):
    """The caller is known but may not do this."""

    slug = "forbidden"
    title = "Forbidden"
    status = 403


class UnauthenticatedError(ProblemError):
    """The request carries no valid credentials."""

    slug = "unauthenticated"
    title = "Sign-in required"
    status = 401

    def __init__(self, detail: str | None = None, *, error: str | None = None) -> None:
        # RFC 6750, section 3.1: the error code is given only when credentials were presented.
        challenge = "Bearer" if error is None else f'Bearer error="{error}"'
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class ValidationProblemError(ProblemError):
    """A value is not acceptable; `pointer` is the JSON Pointer (RFC 6901) of the culprit."""

    slug = "validation-failed"
    title = "Validation failed"
    status = 422

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail, extensions={"errors": [{"pointer": pointer, "detail": detail}]})


class ServiceUnavailableError(ProblemError):
    """A server behind this one did not answer in time."""

    slug = "service-unavailable"
    title = "Service unavailable"
    status = 503

    # Long enough for a MongoDB election (about 10 s at worst) to be half over, short enough to feel alive.
    RETRY_AFTER_SECONDS: ClassVar[int] = 5

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": str(self.RETRY_AFTER_SECONDS)})
