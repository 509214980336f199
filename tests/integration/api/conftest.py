"""One of each thing that an operation can be tried on."""

from dataclasses import dataclass

import httpx
import pytest

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Endpoint:
    """An operation with a body that would be accepted."""

    method: str
    path: str
    body: dict[str, object]


@pytest.fixture
async def task_path(ann: httpx.AsyncClient) -> str:
    """A task of Ann's."""
    return (await ann.post("/api/v1/tasks", json={"title": "Buy milk"})).headers["Location"]


@pytest.fixture
async def list_path(ann: httpx.AsyncClient) -> str:
    """A list of Ann's."""
    return (await ann.post("/api/v1/lists", json={"name": "Groceries"})).headers["Location"]


@pytest.fixture
def endpoints(task_path: str, list_path: str) -> list[Endpoint]:
    """Every operation of a signed-in user that takes a body."""
    return [
        Endpoint("POST", "/api/v1/tasks", {"title": "Buy bread"}),
        Endpoint("PATCH", task_path, {"title": "Buy bread"}),
        Endpoint("POST", f"{task_path}/move", {"after_id": None}),
        Endpoint("POST", "/api/v1/tasks/batch", {"operations": [{"op": "create", "title": "Buy bread"}]}),
        Endpoint("POST", "/api/v1/lists", {"name": "Garden"}),
        Endpoint("PATCH", list_path, {"name": "Garden"}),
        Endpoint("PATCH", "/api/v1/me", {"name": "Ann"}),
    ]


@pytest.fixture
def public_endpoints() -> list[Endpoint]:
    """Every operation with a body that takes it from anybody."""
    return [
        Endpoint("POST", "/api/v1/auth/dev/login", {"email": "ann@example.com"}),
        Endpoint("POST", "/api/v1/auth/refresh", {"refresh_token": "unknown"}),
        Endpoint("POST", "/api/v1/auth/logout", {"refresh_token": "unknown"}),
        Endpoint("POST", "/api/v1/auth/logout-all", {"refresh_token": "unknown"}),
    ]
