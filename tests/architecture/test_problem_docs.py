"""`docs/problems.md` names every problem that the service or its gateway can answer with."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import app
from app.core.errors import ProblemError
from tests.architecture.documents import read_document, table_rows

# Made from the status by the handler of the framework's own errors.
FROM_THE_FRAMEWORK = {("method-not-allowed", "405")}
# The status of a failed atomic batch is that of the operation that failed.
OF_CHANGING_STATUS = {"batch-failed": "that of the operation"}


def import_everything() -> None:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        importlib.import_module(module.name)


def all_subclasses(of: type[ProblemError]) -> Iterator[type[ProblemError]]:
    for subclass in of.__subclasses__():
        yield subclass
        yield from all_subclasses(subclass)


def problems_of_the_code() -> set[tuple[str, str]]:
    import_everything()
    found = {
        (problem.slug, OF_CHANGING_STATUS.get(problem.slug, str(problem.status)))
        for problem in all_subclasses(ProblemError)
        if problem.__module__.startswith("app.") and hasattr(problem, "slug")
    }
    return found | FROM_THE_FRAMEWORK


def problems_of_the_gateway() -> set[tuple[str, str]]:
    """Slugs with their statuses, from the template of Nginx's configuration."""
    text = read_document("nginx/problems.conf.template")
    found = re.findall(r"^    (\d{3}) '\"type\":\"/problems/([a-z-]+)\"", text, re.MULTILINE)
    return {(slug, status) for status, slug in found}


class TestTheListOfProblems:
    rows = tuple(table_rows(read_document("docs/problems.md")))

    def test_names_every_problem_with_its_status_and_no_other(self) -> None:
        documented = {(slug.strip("`"), status) for slug, status, _ in self.rows}

        assert problems_of_the_gateway()
        assert documented == problems_of_the_code() | problems_of_the_gateway()

    def test_says_what_each_one_means_and_names_none_twice(self) -> None:
        slugs = [slug for slug, _, meaning in self.rows if meaning]

        assert slugs == sorted({slug for slug, _, _ in self.rows})
        assert len(slugs) == len(self.rows)
