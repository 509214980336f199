"""What every error of the service looks like."""

from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

import httpx

from app.core.secret_paths import hide_secrets

MEMBERS = {"type", "title", "status", "detail", "instance", "request_id"}


def assert_problem(answer: httpx.Response, *statuses: int, more: Collection[str] = ()) -> dict[str, Any]:
    """Check that an answer is a complete problem document (RFC 9457) with one of the statuses; return it.

    `more` are the members that it has beside those of all problems; a 422 may have `errors`.
    """
    assert answer.status_code in statuses, f"{answer.request.method} {answer.request.url}: {answer.text[:500]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    problem = answer.json()
    optional = {"errors"} if answer.status_code == 422 else set()
    assert problem.keys() - optional == MEMBERS | set(more)
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("/problems/")
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert problem["instance"].isascii()
    assert unquote(problem["instance"]) == hide_secrets(answer.request.url.path)
    assert problem["title"]
    assert problem["detail"].endswith((".", "`"))
    for error in problem.get("errors", ()):
        assert error.keys() == {"pointer", "detail"}
        assert not error["pointer"] or error["pointer"].startswith("/")
        assert error["detail"]
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    if answer.status_code == 503:
        assert int(answer.headers["Retry-After"]) > 0
    if answer.status_code == 405:
        assert answer.headers["Allow"]
    return problem
