"""Writes everything of an account as one document, piece by piece, as it was at one point in time."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from app.data.database import Document
from app.data.snapshot_reads import SnapshotReads
from app.tasks.documents import with_changes
from app.tasks.export_repository import ExportRepository
from app.tasks.portability.csv_cells import COLUMNS, to_lines, to_row
from app.tasks.portability.document import FORMAT, VERSION, represent_portable_list, represent_portable_task
from app.tasks.portability.profiles import PortableProfiles

# Without it, Excel takes UTF-8 for the code page of its machine; our import and others pass over it.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Exporter:
    """Exports accounts. A generator that is closed early lets go of its cursor and session."""

    def __init__(self, repository: ExportRepository, profiles: PortableProfiles) -> None:
        self._repository = repository
        self._profiles = profiles

    async def to_json(self, user_id: UUID) -> AsyncGenerator[bytes, None]:
        """Yield the document of `app.tasks.portability.document`; each list and each task stands on its own line."""
        async with self._repository.snapshot() as reads:
            profile = await reads.ask(self._profiles.read(user_id, reads.session))
            yield b'{"format":%b,"version":%d,"profile":%b,"lists":[' % (to_json(FORMAT), VERSION, to_json(profile))
            separator = b"\n"
            async with aclosing(self._repository.lists(reads, user_id)) as batches:
                async for batch in batches:
                    yield separator + _join(map(represent_portable_list, batch))
                    separator = b",\n"
            yield b'],"tasks":['
            separator = b"\n"
            async for tasks in self._task_batches(reads, user_id):
                yield separator + _join(map(represent_portable_task, tasks))
                separator = b",\n"
            yield b"]}\n"

    async def to_csv(self, user_id: UUID) -> AsyncGenerator[bytes, None]:
        """Yield the tasks as CSV with the columns of `app.tasks.portability.csv_cells`."""
        async with self._repository.snapshot() as reads:
            list_names: dict[UUID | None, str] = {}
            async with aclosing(self._repository.lists(reads, user_id)) as batches:
                async for batch in batches:
                    list_names |= {document["_id"]: document["name"] for document in batch}
            yield _BYTE_ORDER_MARK + to_lines([COLUMNS])
            async for tasks in self._task_batches(reads, user_id):
                yield to_lines(
                    [to_row(represent_portable_task(task), list_names.get(task["list_id"])) for task in tasks]
                )

    async def _task_batches(self, reads: SnapshotReads, user_id: UUID) -> AsyncIterator[Sequence[Document]]:
        # Subtasks stand behind all others, so that whoever reads the file has met every parent before.
        for find in (self._repository.tasks, self._repository.subtasks):
            async with aclosing(find(reads, user_id)) as batches:
                async for batch in batches:
                    yield await self._without_followed(reads, user_id, batch)

    async def _without_followed(
        self, reads: SnapshotReads, user_id: UUID, tasks: Sequence[Document]
    ) -> Sequence[Document]:
        """Return tasks without the recurrence of those whose series goes on in another task.

        Which one that is stands in no file. Completed again, they would otherwise begin a second series over there.
        """
        successors = [task["successor"] for task in tasks if "successor" in task]
        if not successors:
            return tasks
        present = await self._repository.find_present(reads, user_id, successors)
        return [
            with_changes(task, {"recurrence": None}) if task.get("successor") in present else task for task in tasks
        ]


def _join(items: Any) -> bytes:
    return b",\n".join(map(to_json, items))
