"""A user's whole life through the API, which touches every collection that users own."""

from datetime import date
from uuid import UUID

import httpx

from app.bootstrap import COLLECTIONS
from app.data.sharding import is_user_owned
from tests.integration.tasks.calls import API, act, add_list, add_task, add_tasks, expect, patch_task, run_batch
from tests.sharded.routing import Database
from tests.waiting import until

OWNED = [spec for spec in COLLECTIONS if spec.shard_key is not None and is_user_owned(spec)]
ME = f"{API}/me"


async def live(client: httpx.AsyncClient) -> UUID:
    """Do everything that a user can do but erasing the account; return the user's id."""
    user_id = UUID(expect(await client.get(ME))["id"])
    home = await add_list(client)
    first, second, third = await add_tasks(client, "Buy milk", "Pay rent", "Call Ada", list_id=home["id"])
    await add_task(client, "Buy oats", parent_id=first["id"])
    await patch_task(client, second, due={"date": "2026-12-01"}, labels=["money"])
    await act(client, third, "move", after_id=first["id"])
    await act(client, first, "complete")
    await act(client, first, "reopen")
    weekly = {"rule": "FREQ=WEEKLY", "from": "due"}
    recurring = await add_task(client, "Water plants", due={"date": date(2026, 12, 1).isoformat()}, recurrence=weekly)
    await act(client, recurring, "complete")
    await client.delete(f"{API}/tasks/{third['id']}")
    await act(client, third, "restore")
    created, _ = await run_batch(
        client, {"op": "create", "title": "In a batch"}, {"op": "complete", "id": second["id"]}, atomic=True
    )
    assert created["status"] == 201, created
    expect(await client.post(f"{API}/tasks/quick", json={"text": "Pay tax tomorrow #money"}), 201)
    expect(await client.post(f"{API}/tasks", json={"title": "Once"}, headers={"Idempotency-Key": "once"}), 201)
    await _look(client)
    await _manage(client)
    return user_id


async def _look(client: httpx.AsyncClient) -> None:
    for query in ("", "?status=todo&sort=due", "?q=milk", "?label=money", "?list_id=inbox", "?deleted=true&limit=1"):
        expect(await client.get(f"{API}/tasks{query}"))
    for path in ("tasks/stats", "labels", "lists", "sync?since=0", "me/sessions", "me/tokens", "me/export"):
        expect(await client.get(f"{API}/{path}"))
    page = expect(await client.get(f"{API}/tasks?limit=2"))
    expect(await client.get(f"{API}/tasks", params={"limit": 2, "cursor": page["next_cursor"]}))


async def _manage(client: httpx.AsyncClient) -> None:
    expect(await client.patch(ME, json={"timezone": "Europe/Paris"}))
    token = expect(await client.post(f"{ME}/tokens", json={"name": "cron", "scopes": ["tasks:read"]}), 201)
    assert (await client.delete(f"{ME}/tokens/{token['id']}")).status_code == 204
    expect(await client.post(f"{ME}/calendar-feed"), 201)


async def erase(client: httpx.AsyncClient, user_id: UUID, database: Database) -> None:
    """Erase the account, and wait until nothing of it is left."""
    assert (await client.delete(ME)).status_code == 202

    async def is_gone() -> bool:
        return not await kept_of(user_id, database)

    await until(is_gone, period_seconds=0.1)


async def kept_of(user_id: UUID, database: Database) -> dict[str, int]:
    """How many documents there are of a user, by collection."""
    counts = {spec.name: await database[spec.name].count_documents({spec.shard_key: user_id}) for spec in OWNED}
    return {name: count for name, count in counts.items() if count}
