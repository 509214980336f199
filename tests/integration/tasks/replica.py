"""A client that knows its tasks and lists only from `GET /sync`."""

import httpx

from tests.integration.tasks.calls import Json, read


class Replica:
    """Follows the rules that the API gives to clients (docs/api.md, sync)."""

    def __init__(self) -> None:
        self.since = 0
        self.resets = 0
        self.tasks: dict[str, Json] = {}
        self.lists: dict[str, Json] = {}

    async def pull_once(self, client: httpx.AsyncClient, limit: int = 200) -> bool:
        """Take one page of changes over, and return whether there is more."""
        answer = await read(client, "/sync", since=self.since, limit=limit)
        if answer["reset"]:
            self.resets += 1
            self.tasks.clear()
            self.lists.clear()
        self.tasks |= {task["id"]: task for task in answer["tasks"]}
        self.lists |= {document["id"]: document for document in answer["lists"]}
        self.forget(answer["deleted"])
        self.since = answer["revision"]
        return bool(answer["has_more"])

    async def pull(self, client: httpx.AsyncClient, limit: int = 200) -> None:
        """Take everything over that changed."""
        while await self.pull_once(client, limit):
            pass

    def forget(self, deleted: Json) -> None:
        """Drop what was deleted."""
        for task_id in deleted["tasks"]:
            self.tasks.pop(task_id, None)
        for list_id in deleted["lists"]:
            self.lists.pop(list_id, None)
