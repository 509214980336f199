"""The requests that tests of export and import begin with."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.integration.tasks.calls import API, expect
from tests.waiting import until

EXPORT, IMPORT, IMPORTS = f"{API}/me/export", f"{API}/me/import", f"{API}/me/imports"

FIXTURES = Path(__file__).parent / "fixtures"

Json = dict[str, Any]


async def export(client: httpx.AsyncClient) -> Json:
    """Return the exported document."""
    return expect(await client.get(EXPORT))


async def send(
    client: httpx.AsyncClient, content: object, *, key: str | None = None, **parameters: object
) -> httpx.Response:
    """Send a file to be imported: a document of our own, or bytes; `format` and the like are parameters."""
    is_csv = parameters.get("format") in {"csv", "todoist"}
    headers = {"Content-Type": "text/csv" if is_csv else "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await client.post(IMPORT, content=body, headers=headers, params=parameters)


async def import_all(client: httpx.AsyncClient, content: object, **parameters: object) -> Json:
    """Import a file in which nothing is wrong, and return the report."""
    answer = await send(client, content, **parameters)
    # On a busy machine even a small file may be answered as one that is still being worked on.
    report = await until_ended(client, answer.headers["Location"]) if answer.status_code == 202 else expect(answer)
    assert (report["state"], report["errors"], report["tasks"]["failed"]) == ("finished", [], 0), report
    return report


async def import_fixture(
    client: httpx.AsyncClient, name: str, **parameters: Any
) -> tuple[Json, dict[str, Json], Json]:
    """Import a fixture; return the report, the tasks by title, and the export."""
    report = await import_all(client, (FIXTURES / name).read_bytes(), **parameters)
    exported = await export(client)
    return report, {task["title"]: task for task in exported["tasks"]}, exported


async def until_ended(client: httpx.AsyncClient, location: str) -> Json:
    """Return an import when it is not running any more."""

    async def has_ended() -> bool:
        return expect(await client.get(location))["state"] != "running"

    await until(has_ended)
    return expect(await client.get(location))


def document(*tasks: Json, lists: tuple[Json, ...] = (), **members: object) -> Json:
    """Return a document of version 1 with these tasks, each of which has a title by default."""
    with_titles = [{"title": f"Task {number}", **task} for number, task in enumerate(tasks)]
    return {"format": "taskfleet", "version": 1, "lists": list(lists), "tasks": with_titles, **members}


def without_ids(exported: Json) -> Json:
    """Return an export in which ids are numbers, by the order in which they come."""
    numbers: dict[str | None, int] = {}

    def number(value: str | None) -> int | None:
        return None if value is None else numbers.setdefault(value, len(numbers))

    names = ("id", "list_id", "parent_id")
    return {
        **exported,
        **{
            kind: [
                {**item, **{name: number(item[name]) for name in names if name in item}} for item in exported[kind]
            ]
            for kind in ("lists", "tasks")
        },
    }
