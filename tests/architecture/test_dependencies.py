"""Dependencies run on the event loop: FastAPI gives plain functions to threads, which cost more than their work."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.security import HTTPBearer
from starlette._utils import is_async_callable

from tests.architecture.routes import routes_of


def plain_calls(app: FastAPI) -> dict[str, list[str]]:
    plain = {
        str(route): [repr(call) for call in route.calls if not is_async_callable(call)] for route in routes_of(app)
    }
    return {route: calls for route, calls in plain.items() if calls}


class TestEveryDependency:
    def test_waits_for_no_thread(self, app: FastAPI) -> None:
        assert plain_calls(app) == {}

    @pytest.mark.parametrize(("call", "is_plain"), [(lambda: None, True), (HTTPBearer(), False)])
    def test_is_told_from_one_that_would(self, call: Callable[..., Any], is_plain: bool) -> None:
        assert is_async_callable(call) is not is_plain
