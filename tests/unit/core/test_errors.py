"""Every problem has a slug of its own, a title and a status that was chosen."""

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator

import pytest

import app
from app.core.errors import (
    ProblemError,
    ServiceUnavailableError,
    UnauthenticatedError,
    ValidationProblemError,
)


def all_problems() -> Iterator[type[ProblemError]]:
    """Every concrete problem of the app; those named with an underscore take what the framework gives them."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting = [ProblemError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if not kind.__name__.startswith("_"):
                yield kind


PROBLEMS = sorted(set(all_problems()), key=lambda kind: kind.__qualname__)


class TestEveryProblem:
    @pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.__name__)
    def test_says_what_it_is(self, kind: type[ProblemError]) -> None:
        assert kind.slug.replace("-", "").isalnum()
        assert kind.slug == kind.slug.lower()
        assert kind.title
        assert not kind.title.endswith(".")
        assert 400 <= kind.status < 600
        assert kind.__doc__

    def test_shares_its_slug_with_none_that_has_another_status(self) -> None:
        statuses = defaultdict(set)
        for kind in PROBLEMS:
            statuses[kind.slug].add((kind.status, kind.title))
        assert {slug: found for slug, found in statuses.items() if len(found) > 1} == {}


class TestAProblem:
    def test_explains_itself_by_its_title_when_there_is_no_detail(self) -> None:
        assert ServiceUnavailableError().detail == "Service unavailable."

    def test_challenges_a_caller_without_credentials(self) -> None:
        assert UnauthenticatedError().headers == {"WWW-Authenticate": "Bearer"}

    def test_tells_a_caller_with_bad_credentials_what_is_wrong(self) -> None:
        challenge = UnauthenticatedError(error="invalid_token").headers["WWW-Authenticate"]

        assert challenge == 'Bearer error="invalid_token"'

    def test_tells_when_to_come_back(self) -> None:
        assert int(ServiceUnavailableError().headers["Retry-After"]) > 0

    def test_points_at_the_value_at_fault(self) -> None:
        error = ValidationProblemError("/due/date", "is in no calendar")

        assert error.extensions == {"errors": [{"pointer": "/due/date", "detail": "is in no calendar"}]}
