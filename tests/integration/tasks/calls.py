"""The requests that most tests of tasks begin with."""

from collections.abc import Mapping
from typing import Any

import httpx
from pymongo.asynchronous.database import AsyncDatabase

API = "/api/v1"
TASKS, LISTS = f"{API}/tasks", f"{API}/lists"
NOBODYS_ID = "0198c7a2-6f00-7000-8000-000000000000"

Json = dict[str, Any]


async def add_task(client: httpx.AsyncClient, title: str = "Buy milk", **fields: Any) -> Json:
    """Add a task and return it."""
    return expect(await client.post(TASKS, json={"title": title, **fields}), 201)


async def add_tasks(client: httpx.AsyncClient, *titles: str, **fields: Any) -> list[Json]:
    """Add several tasks, one behind the other."""
    return [await add_task(client, title, **fields) for title in titles]


async def add_list(client: httpx.AsyncClient, name: str = "Home", **fields: Any) -> Json:
    """Add a list and return it."""
    return expect(await client.post(LISTS, json={"name": name, **fields}), 201)


async def read_task(client: httpx.AsyncClient, task: Mapping[str, Any]) -> Json:
    """Return the task as it is now."""
    return expect(await client.get(f"{TASKS}/{task['id']}"))


async def patch_task(client: httpx.AsyncClient, task: Mapping[str, Any], **fields: Any) -> Json:
    """Change a task and return it."""
    return expect(await client.patch(f"{TASKS}/{task['id']}", json=fields))


async def act(client: httpx.AsyncClient, task: Mapping[str, Any], action: str, **fields: Any) -> Json:
    """Complete, reopen, restore or move a task and return it."""
    return expect(await client.post(f"{TASKS}/{task['id']}/{action}", json=fields or None))


async def delete_task(client: httpx.AsyncClient, task: Mapping[str, Any]) -> None:
    """Move a task to the trash."""
    answer = await client.delete(f"{TASKS}/{task['id']}")
    assert answer.status_code == 204, answer.text


async def delete_list(client: httpx.AsyncClient, document: Mapping[str, Any]) -> None:
    """Delete a list."""
    answer = await client.delete(f"{LISTS}/{document['id']}")
    assert answer.status_code == 204, answer.text


async def run_batch(client: httpx.AsyncClient, *operations: Json, **fields: Any) -> list[Json]:
    """Run a batch and return its results."""
    return expect(await client.post(f"{TASKS}/batch", json={"operations": operations, **fields}))["results"]


async def read(client: httpx.AsyncClient, path: str, **parameters: Any) -> Json:
    """Return what a GET under the API's prefix answers."""
    return expect(await client.get(API + path, params=parameters))


async def titles(client: httpx.AsyncClient, **parameters: Any) -> list[str]:
    """Return the titles of the tasks of one page."""
    return [task["title"] for task in (await read(client, "/tasks", **parameters))["items"]]


async def walk(client: httpx.AsyncClient, path: str, **parameters: Any) -> list[Json]:
    """Return the items of all pages."""
    items: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = await read(client, path, **parameters, **cursor)
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


async def revision_of(client: httpx.AsyncClient) -> int:
    """Return the user's revision."""
    return (await read(client, "/me"))["revision"]


async def count_kept(database: AsyncDatabase[dict[str, Any]], email: str = "ann@example.com") -> int:
    """Return how many tasks the account of a user says that it holds."""
    user = await database["users"].find_one({"email": email})
    assert user is not None
    return user["task_count"]


def expect(answer: httpx.Response, status: int = 200) -> Json:
    """Return the body of an answer that has the status."""
    assert answer.status_code == status, answer.text
    return answer.json()


def expect_problem(answer: httpx.Response, status: int, slug: str) -> Json:
    """Return the problem document of an answer that has the status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == (f"/problems/{slug}", status)
    assert problem.keys() >= {"title", "detail", "instance", "request_id"}
    return problem


def expect_invalid(answer: httpx.Response, *pointers: str) -> None:
    """Check that an answer refuses the values at these places and no others."""
    problem = expect_problem(answer, 422, "validation-failed")
    assert [error["pointer"] for error in problem["errors"]] == list(pointers)
