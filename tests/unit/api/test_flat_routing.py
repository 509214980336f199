"""Requests that pass FastAPI's routers by: answered as they would have been, by the same route or by none."""

import weakref
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, SecretStr
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from app.api.exchange import Exchange
from app.api.flat_routing import FlatRoutingMiddleware, RouteTable
from app.api.problems import install_problem_handlers
from app.api.strict_json import StrictJsonRoute
from app.core.errors import ForbiddenError
from app.core.settings import JwtSettings, MongoSettings, RuntimeSettings, Settings
from app.data.failures import DatabaseError
from app.main import create_app

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
PATHS = (
    *("/tasks", "/tasks/", "/tasks/stats", "/tasks/7", "/tasks/7/", "/tasks//", "/tasks/7/moves/8", "/tasks/7/moves"),
    *("/tasks/seven", "/tasks/a%2Fb", "/tasks%2Fstats", "/tasks/stats%0A", "/tasks/7%0A", "/Tasks", "/lists", "/"),
    *("/files/a/b", "/plain", "/tasks/%F0%9F%90%9D", "/tasks/%7Btask_id%7D", "/direct", "/direct/7"),
)


class Draft(BaseModel):
    """What a task is made of."""

    title: str


async def _echo(request: Request) -> dict[str, Any]:
    return {"route": request.scope["endpoint"].__name__, **request.path_params}


async def list_tasks(request: Request) -> Any:
    return await _echo(request)


async def add_task(draft: Draft, request: Request) -> Any:
    return await _echo(request) | draft.model_dump()


async def get_stats(request: Request) -> Any:
    return await _echo(request)


async def get_task(task_id: int, request: Request) -> Any:
    return await _echo(request) | {"number": task_id}


async def get_direct(request: Request) -> Response:
    return Response(str(await _echo(request)))


async def take_draft(draft: Draft) -> Response:
    return Response(draft.title)


async def get_plain(_: Request) -> Response:
    return Response("plain")


def make_nested_app() -> FastAPI:
    """Routers in routers, literal paths ahead of and behind those with parameters, and one that is not FastAPI's."""
    tasks = APIRouter(prefix="/tasks", route_class=StrictJsonRoute)
    tasks.add_api_route("", list_tasks)
    tasks.add_api_route("", add_task, methods=["POST"])
    tasks.add_api_route("/{task_id}", get_task, methods=["GET", "PATCH"])
    tasks.add_api_route("/stats", get_stats)  # which nobody reaches
    tasks.add_api_route("/stats", get_stats, methods=["DELETE"])
    tasks.add_api_route("/{task_id}/moves/{move_id}", get_stats)
    others = APIRouter(route_class=StrictJsonRoute)
    others.add_api_route("/files/{path:path}", get_stats)
    others.add_api_route("/direct", get_direct)
    others.add_api_route("/direct/{name}", get_direct)
    outer = APIRouter()
    outer.include_router(tasks)
    outer.include_router(others)
    app = FastAPI(redirect_slashes=False)
    app.add_route("/plain", get_plain)
    app.include_router(outer)
    install_problem_handlers(app)
    return app


class Begun:
    """What stands around the middleware: it begins the exchange."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange.begin(scope, send)
        exchange.request_id = scope["state"]["request_id"] = "test"
        await self._app(scope, receive, exchange.send)


def flatten(app: FastAPI) -> FastAPI:
    app.add_middleware(FlatRoutingMiddleware, routes=app.routes, handlers=app.exception_handlers)
    return surround(app)


def surround(app: FastAPI) -> FastAPI:
    app.add_middleware(Begun)
    return app


async def ask(app: FastAPI, method: str, path: str, **options: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=options.pop("raises", False))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path, **options)


def shape_of(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    named = {"content-type", "allow", "content-length"}
    return answer.status_code, answer.text, {name: text for name, text in answer.headers.items() if name in named}


class TestARequest:
    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("method", METHODS)
    async def test_is_answered_as_by_fastapi(self, method: str, path: str) -> None:
        body = {"json": {"title": "Buy milk"}} if method == "POST" else {}

        flat = await ask(flatten(make_nested_app()), method, path, **body)
        nested = await ask(surround(make_nested_app()), method, path, **body)

        assert shape_of(flat) == shape_of(nested)

    async def test_passes_the_routers_by(self) -> None:
        app = flatten(make_nested_app())
        app.middleware_stack = app.build_middleware_stack()
        app.router.routes.clear()

        assert (await ask(app, "GET", "/tasks/7")).json() == {"route": "get_task", "task_id": "7", "number": 7}
        assert (await ask(app, "GET", "/plain")).status_code == 404

    @pytest.mark.parametrize(
        "extra", [{"root_path": "/api"}, {"fastapi.telemetry": object()}], ids=["root", "traced"]
    )
    async def test_goes_the_long_way_if_fastapi_has_more_to_do(self, extra: dict[str, Any]) -> None:
        seen = []

        async def router(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope)

        app = make_nested_app()
        flat = FlatRoutingMiddleware(router, app.routes, app.exception_handlers)
        scope = {"type": "http", "method": "GET", "path": "/tasks", "state": {}, **extra}
        await flat(scope, None, None)  # type: ignore[arg-type]  # neither is asked for

        assert seen == [scope]
        assert "route" not in scope


async def forbid(_: Request) -> Response:
    raise ForbiddenError("Not you.")


async def refuse(draft: Draft) -> Response:
    raise HTTPException(418, "short and stout")


async def forbid_by_fastapi(page: int = 1) -> dict[str, str]:
    raise ForbiddenError("Not you.")


async def lose_database(_: Request) -> Response:
    raise DatabaseError("odd")


async def fail(_: Request) -> Response:
    raise RuntimeError("a fault")


async def begin_and_forbid(_: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b"first"
        raise ForbiddenError("Too late.")

    return StreamingResponse(parts())


class TestAnExceptionOfARoute:
    @staticmethod
    def make_app() -> FastAPI:
        router = APIRouter(route_class=StrictJsonRoute)
        for endpoint in (forbid, forbid_by_fastapi, lose_database, fail, begin_and_forbid):
            router.add_api_route(f"/{endpoint.__name__}", endpoint)
        router.add_api_route("/refuse", refuse, methods=["POST"])
        app = FastAPI()
        install_problem_handlers(app)
        app.include_router(router)
        return app

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/forbid", 403),
            ("GET", "/forbid_by_fastapi", 403),
            ("GET", "/forbid_by_fastapi?page=x", 422),
            ("GET", "/forbid?unknown=1", 422),
            ("POST", "/refuse", 418),
            ("GET", "/lose_database", 500),
            ("GET", "/fail", 500),
        ],
    )
    async def test_is_answered_as_by_fastapi(self, method: str, path: str, status: int) -> None:
        body = {"json": {"title": "tea"}} if method == "POST" else {}

        flat = await ask(flatten(self.make_app()), method, path, **body)
        nested = await ask(surround(self.make_app()), method, path, **body)

        assert flat.status_code == status
        assert shape_of(flat) == shape_of(nested)

    async def test_that_is_a_fault_goes_on_to_who_logs_it(self) -> None:
        with pytest.raises(RuntimeError, match="a fault"):
            await ask(flatten(self.make_app()), "GET", "/fail", raises=True)

    async def test_in_the_midst_of_an_answer_is_not_answered(self) -> None:
        with pytest.raises(ForbiddenError, match="Too late"):
            await ask(flatten(self.make_app()), "GET", "/begin_and_forbid", raises=True)


class TestAnErrorThatTheRequestKeeps:
    async def test_does_not_hold_on_to_what_the_route_was_at_work_with(self) -> None:
        held = []

        async def refuse_kept(request: Request) -> Response:
            draft = Draft(title="a long one")
            held.append(weakref.ref(draft))
            request.state.error = error = ForbiddenError("Not you.")
            raise error

        app, router = FastAPI(), APIRouter(route_class=StrictJsonRoute)
        install_problem_handlers(app)
        router.add_api_route("/", refuse_kept)
        app.include_router(router)
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope: Scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
        flat = FlatRoutingMiddleware(app.router, app.routes, app.exception_handlers)
        await flat(scope, None, Exchange(scope, send).send)  # type: ignore[arg-type]  # nothing is received

        assert sent[0]["status"] == 403
        assert isinstance(scope["state"]["error"], ForbiddenError)
        assert held[0]() is None


class TestARouterThatAddsSomething:
    """To a direct route no router may add dependencies (`tests/architecture/test_routes.py`)."""

    @pytest.mark.parametrize("make", [flatten, surround], ids=["flat", "nested"])
    @pytest.mark.parametrize(
        ("path", "added", "status"),
        [
            ("/more/", {"dependencies": [Depends(forbid)]}, 403),
            ("/more/", {"max_body_size": 3}, 413),
            ("/more/direct", {"max_body_size": 3}, 413),
        ],
        ids=["dependency", "bound", "bound of a direct one"],
    )
    async def test_has_it_heeded(self, path: str, added: dict[str, Any], status: int, make: Any) -> None:
        app, router = FastAPI(), APIRouter(route_class=StrictJsonRoute)
        install_problem_handlers(app)
        router.add_api_route("/", add_task, methods=["POST"])
        router.add_api_route("/direct", take_draft, methods=["POST"])
        app.include_router(router, prefix="/more", **added)

        assert (await ask(make(app), "POST", path, json={"title": "tea"})).status_code == status


class TestADependencyWithAnEnd:
    @pytest.mark.parametrize("make", [flatten, surround], ids=["flat", "nested"])
    async def test_ends_after_the_answer(self, make: Any) -> None:
        events = []

        async def opened() -> AsyncIterator[str]:
            events.append("opened")
            yield "it"
            events.append("closed")

        async def read(name: Annotated[str, Depends(opened)]) -> Response:
            async def parts() -> AsyncIterator[bytes]:
                events.append("sent")
                yield name.encode()

            return StreamingResponse(parts())

        app, router = FastAPI(), APIRouter(route_class=StrictJsonRoute)
        router.add_api_route("/", read)
        app.include_router(router)

        assert (await ask(make(app), "GET", "/", raises=True)).text == "it"
        assert events == ["opened", "sent", "closed"]


class TestTheTableOfTheService:
    def test_has_every_route_at_its_own_path(self) -> None:
        settings = Settings(
            runtime=RuntimeSettings(profile="local"),
            mongo=MongoSettings(url=SecretStr("mongodb://db")),
            jwt=JwtSettings(private_key_file=Path("signing-key.pem")),
        )
        routes = create_app(settings).routes
        table = RouteTable(routes)

        missed = []
        for context in iter_route_contexts(routes):
            for method in context.methods or ():
                found = table.find(method, str(context.path).replace("{", "").replace("}", ""))
                expected = context.original_route if isinstance(context.original_route, APIRoute) else None
                if (found and found[0].route) is not expected:
                    missed.append((method, context.path))
        assert missed == []


class TestAMount:
    def test_has_all_that_follow_left_to_the_router(self) -> None:
        app = FastAPI(openapi_url=None)
        app.add_api_route("/before", get_direct)
        app.mount("/files", FastAPI())
        app.add_api_route("/files/behind", get_direct)
        table = RouteTable(app.routes)

        assert table.find("GET", "/before") is not None
        assert table.find("GET", "/files/behind") is None


class TestTheOrderOfRoutes:
    def test_decides(self) -> None:
        """The control: in the other order another route would have the request."""

        def find(routes: Sequence[BaseRoute]) -> Any:
            found = RouteTable(routes).find("GET", "/tasks/stats")
            return found and found[0].route.endpoint

        router = APIRouter()
        router.add_api_route("/tasks/{task_id}", get_task)
        router.add_api_route("/tasks/stats", get_stats)

        assert find(router.routes) is get_task
        assert find(router.routes[::-1]) is get_stats
