"""Each module alone has its own routes and collections, and all of them together have what the whole service has."""

import json
from itertools import combinations

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Match

from app.bootstrap import COLLECTIONS
from app.core.settings import MODULES
from app.main import create_app
from app.modules import MODULE_PARTS, SHARED_COLLECTIONS, collections_of, enabled_parts, migrations_of
from tests.architecture.routes import routes_of
from tests.architecture.test_routes import make_settings

SUBSETS = [frozenset(subset) for size in range(1, len(MODULES) + 1) for subset in combinations(MODULES, size)]
# What every process answers: the documentation, probes and metrics.
UNDESCRIBED = {"GET /", "GET /docs", "GET /docs/oauth2-redirect", "GET /openapi.json"}
EVERYWHERE = UNDESCRIBED | {"GET /livez", "GET /readyz", "GET /metrics"}


def name(subset: frozenset[str]) -> str:
    return ",".join(sorted(subset))


def make_app(subset: frozenset[str]) -> FastAPI:
    return create_app(make_settings("local", subset))


def routes(subset: frozenset[str]) -> list[str]:
    return [str(route) for route in routes_of(make_app(subset))]


WHOLE = routes(frozenset(MODULES))


class TestTheTableOfModules:
    def test_has_every_module(self) -> None:
        assert MODULE_PARTS.keys() == set(MODULES)

    def test_gives_no_version_to_two_migrations(self) -> None:
        """The modules may share a database, in which a version is applied once."""
        versions = [migration.version for migration in migrations_of(tuple(MODULE_PARTS.values()))]
        assert versions == list(range(1, len(versions) + 1))


@pytest.mark.parametrize("subset", SUBSETS, ids=name)
class TestASetOfModules:
    def test_has_the_routes_of_its_modules_and_no_other(self, subset: frozenset[str]) -> None:
        found = routes(subset)

        own = {route for module in subset for route in routes(frozenset({module}))}
        assert len(found) == len(set(found))
        assert set(found) == own

    def test_has_the_order_of_the_whole(self, subset: frozenset[str]) -> None:
        """Where two paths match, the first one answers."""
        found = routes(subset)

        assert found == [route for route in WHOLE if route in found]

    def test_leaves_the_rest_to_others(self, subset: frozenset[str]) -> None:
        rest = frozenset(MODULES) - subset
        others = set(routes(rest)) if rest else EVERYWHERE

        assert set(routes(subset)) | others == set(WHOLE)
        assert set(routes(subset)) & others == EVERYWHERE

    def test_has_no_route_that_takes_a_path_of_others(self, subset: frozenset[str]) -> None:
        app, whole = make_app(subset), make_app(frozenset(MODULES))
        foreign = {context.path for context in iter_route_contexts(whole.routes)} - {
            context.path for context in iter_route_contexts(app.routes)
        }

        taken = {path for path in foreign if takes(app, str(path))}

        assert taken == set()
        assert all(takes(whole, str(path)) for path in foreign)  # the control

    def test_describes_exactly_its_routes(self, subset: frozenset[str]) -> None:
        document = json.loads(json.dumps(make_app(subset).openapi()))

        described = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
        assert described == set(routes(subset)) - UNDESCRIBED

    def test_has_its_own_collections_and_the_shared_ones(self, subset: frozenset[str]) -> None:
        specs = collections_of(enabled_parts(make_settings("local", subset)))

        own = {spec.name for module in subset for spec in MODULE_PARTS[module].collections}
        assert {spec.name for spec in specs} == own | {spec.name for spec in SHARED_COLLECTIONS}
        assert len(specs) == len({spec.name for spec in specs})


class TestTheWhole:
    def test_has_every_collection_once(self) -> None:
        assert collections_of(enabled_parts(make_settings("local", frozenset(MODULES)))) == COLLECTIONS
        assert len({spec.name for spec in COLLECTIONS}) == len(COLLECTIONS) == 17


def takes(app: FastAPI, path: str) -> bool:
    """Whether an app has an answer of its own to any method of a path, parameters standing for themselves."""
    scope = {"type": "http", "path": path, "method": "GET", "headers": [], "root_path": "", "app": app}
    return any(route.matches(dict(scope))[0] is not Match.NONE for route in app.router.routes)
