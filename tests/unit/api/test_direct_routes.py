"""Routes that are called without FastAPI: they answer as it would, and it keeps those that need more of it."""

from collections.abc import Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, BackgroundTasks, Body, Cookie, Depends, FastAPI, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from app.api import strict_json
from app.api.direct_routes import find_direct_handler
from app.api.problems import install_problem_handlers
from app.api.query_model import QueryModel
from app.api.strict_json import StrictJsonRoute
from app.core.errors import ForbiddenError


class Parameters(BaseModel):
    """One of them."""

    page: int


async def _find_name(request: Request) -> str:
    name = request.headers.get("x-name")
    if name is None:
        raise ForbiddenError("Nobody knows you.")
    request.state.name = name
    return name


async def _find_greeting(request: Request) -> str:
    return f"Hello {request.state.name}"


async def _read_header(accept: Annotated[str, Header()]) -> str:
    return accept


async def _read_both(request: Request, accept: Annotated[str, Header()]) -> str:
    return f"{request.method} {accept}"


async def _find_name_indirectly(name: Annotated[str, Depends(_find_name)]) -> str:
    return name


async def _open_file(request: Request) -> Any:
    yield request.method


def _wait(request: Request) -> str:
    return request.method


_parameters = QueryModel(Parameters)
Name = Annotated[str, Depends(_find_name)]
Greeting = Annotated[str, Depends(_find_greeting)]


async def _greet(
    name: Name, parameters: Annotated[Parameters, Depends(_parameters)], request: Request, greeting: Greeting
) -> Response:
    return Response(f"{greeting}, page {parameters.page} of {name} at {request.url.path}", 202)


async def _ask(app: FastAPI, path: str, headers: dict[str, str]) -> tuple[int, str]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get(path, headers=headers)
    return answer.status_code, answer.text.replace(path.partition("?")[0], "/path")


class TestARouteThatTakesTheRequestAlone:
    @pytest.fixture
    def app(self) -> FastAPI:
        """The same route, called directly and by FastAPI."""
        app = FastAPI()
        install_problem_handlers(app)
        app.router.add_api_route("/direct", _greet, route_class_override=StrictJsonRoute)
        app.add_api_route("/fastapi", _greet)
        return app

    def test_is_called_directly(self) -> None:
        assert find_direct_handler(APIRoute("/", _greet)) is not None

    @pytest.mark.parametrize(
        ("query", "headers"),
        [("?page=2", {"X-Name": "Ann"}), ("", {"X-Name": "Ann"}), ("?page=many", {"X-Name": "Ann"})],
        ids=["right", "lacking", "wrong"],
    )
    async def test_answers_as_by_fastapi(self, app: FastAPI, query: str, headers: dict[str, str]) -> None:
        assert await _ask(app, f"/direct{query}", headers) == await _ask(app, f"/fastapi{query}", headers)

    async def test_gets_all_that_it_is_declared_to_take(self, app: FastAPI) -> None:
        answer = await _ask(app, "/direct?page=2", {"X-Name": "Ann"})

        assert answer == (202, "Hello Ann, page 2 of Ann at /path")

    async def test_tells_a_stranger_nothing_of_its_parameters(self, app: FastAPI) -> None:
        status, text = await _ask(app, "/direct?page=many", {})

        assert status == 403
        assert "page" not in text


class Draft(BaseModel):
    """What is sent."""

    title: Annotated[str, Field(max_length=5)]
    page: int = 1


async def _read_key(
    request: Request, idempotency_key: Annotated[str | None, Header(min_length=2, pattern="^[a-z]+$")] = None
) -> str:
    return f"{request.method} {idempotency_key}"


async def _read_version(if_match: Annotated[str | None, Header()] = None) -> str:
    return f"version {if_match}"


async def _change(
    draft: Draft,
    number: int,
    name: Name,
    key: Annotated[str, Depends(_read_key)],
    version: Annotated[str, Depends(_read_version)],
) -> Response:
    return Response(f"{name} changes {number} to {draft.title} {draft.page}, {key}, {version}")


class TestARouteThatTakesABodyAPathAndHeaders:
    def test_is_called_directly(self) -> None:
        assert find_direct_handler(APIRoute("/{number}", _change, methods=["PATCH"])) is not None

    @pytest.mark.parametrize(
        "body", ['{"title": "tea"}', '{"title": "coffee", "page": "x"}', "{}", "[]", "null", '"a"', ""]
    )
    @pytest.mark.parametrize("number", ["7", "seven"])
    @pytest.mark.parametrize(
        "headers",
        [{}, {"Idempotency-Key": "abc", "If-Match": '"1"'}, {"Idempotency-Key": "A"}, {"Idempotency-Key": ""}],
    )
    @pytest.mark.parametrize("name", ["Ann", None])
    async def test_answers_as_by_fastapi(
        self, body: str, number: str, headers: dict[str, str], name: str | None
    ) -> None:
        app, left = FastAPI(), APIRouter(route_class=_LeftToFastApi)
        install_problem_handlers(app)
        app.router.add_api_route("/direct/{number}", _change, methods=["PATCH"], route_class_override=StrictJsonRoute)
        left.add_api_route("/fastapi/{number}", _change, methods=["PATCH"])
        app.include_router(left)
        headers = {**headers, "Content-Type": "application/json", **({} if name is None else {"X-Name": name})}

        answers = []
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            for way in ("direct", "fastapi"):
                answer = await client.patch(f"/{way}/{number}", content=body, headers=headers)
                answers.append((answer.status_code, answer.text.replace(f"/{way}/", "/way/")))
        direct, by_fastapi = answers

        assert direct == by_fastapi
        assert direct[0] == 200 or direct[0] == (403 if name is None else 422)


class _LeftToFastApi(StrictJsonRoute):
    """The same reading of bodies, and FastAPI's own handler."""

    def get_route_handler(self) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(strict_json, "find_direct_handler", lambda _: None)
            return super().get_route_handler()


class TestARouteThatTakesMore:
    async def _query(self, name: Name, page: int) -> Response:
        raise AssertionError

    async def _header(self, name: Name, accept: Annotated[str, Header()]) -> Response:
        raise AssertionError

    async def _two_bodies(self, name: Name, first: Parameters, second: Parameters) -> Response:
        raise AssertionError

    async def _embedded_body(self, name: Name, parameters: Annotated[Parameters, Body(embed=True)]) -> Response:
        raise AssertionError

    async def _body_that_may_lack(self, name: Name, parameters: Parameters | None = None) -> Response:
        raise AssertionError

    async def _headers(self, name: Name, accept: Annotated[list[str] | None, Header()] = None) -> Response:
        raise AssertionError

    async def _number(self, name: Name, max_forwards: Annotated[int | None, Header()] = None) -> Response:
        raise AssertionError

    async def _cookie(self, name: Name, session: Annotated[str | None, Cookie()] = None) -> Response:
        raise AssertionError

    async def _tasks(self, name: Name, tasks: BackgroundTasks) -> Response:
        raise AssertionError

    async def _twice(self, name: Name, again: Name) -> Response:
        raise AssertionError

    async def _reads(self, accept: Annotated[str, Depends(_read_header)]) -> Response:
        raise AssertionError

    async def _reads_more(self, accept: Annotated[str, Depends(_read_both)]) -> Response:
        raise AssertionError

    async def _nested(self, name: Annotated[str, Depends(_find_name_indirectly)]) -> Response:
        raise AssertionError

    async def _generator(self, name: Annotated[str, Depends(_open_file)]) -> Response:
        raise AssertionError

    async def _thread(self, name: Annotated[str, Depends(_wait)]) -> Response:
        raise AssertionError

    async def _shaped(self, name: Name) -> dict[str, str]:
        raise AssertionError

    def _waits(self, name: Name) -> Response:
        raise AssertionError

    @pytest.mark.parametrize(
        "endpoint",
        [
            *(_query, _header, _headers, _number, _cookie, _tasks, _two_bodies, _embedded_body, _body_that_may_lack),
            *(_reads, _reads_more, _nested, _generator, _thread, _shaped, _waits, _twice),
        ],
        ids=lambda endpoint: endpoint.__name__.strip("_"),
    )
    def test_is_left_to_fastapi(self, endpoint: Callable[..., Any]) -> None:
        route = APIRoute("/", endpoint.__get__(self), response_model=None)

        assert find_direct_handler(route) is None

    def test_is_left_to_fastapi_with_a_dependency_that_gives_it_nothing(self) -> None:
        router = APIRouter(dependencies=[Depends(_find_name)])
        router.add_api_route("/", _greet)
        (route,) = router.routes

        assert isinstance(route, APIRoute)
        assert find_direct_handler(route) is None
