"""One import at work: reads the file in a thread, and makes each chunk together with the note of how far it is."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from app.api.problems import describe_problem
from app.core.errors import ProblemError, UnauthenticatedError
from app.data.changes import Change, Changes
from app.data.failures import DatabaseError
from app.data.transactions import TransactionRunner
from app.tasks.import_repository import ImportRepository, SupersededError
from app.tasks.portability.chunks import Chunk, Chunker, DerivedIds
from app.tasks.portability.errors import UnreadableFileError
from app.tasks.portability.places import Places
from app.tasks.portability.profiles import PortableProfiles
from app.tasks.portability.records import Source
from app.tasks.portability.report import Report
from app.tasks.portability.spool import Spool
from app.tasks.portability.writer import ChunkWriter, Destination, Room, pretend

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Workplace:
    """What every import works with."""

    changes: Changes
    transactions: TransactionRunner
    imports: ImportRepository
    writer: ChunkWriter
    profiles: PortableProfiles
    task_quota: int


class ImportJob:
    """Carries an import out from where its document says that it is."""

    def __init__(
        self, workplace: Workplace, document: Mapping[str, Any], spool: Spool, source: Source, stop: asyncio.Event
    ) -> None:
        """`document` is that of `imports`. Once `stop` is set the import ends after the chunk under way."""
        self._workplace = workplace
        self._spool = spool
        self._source = source
        self._stop = stop
        self._user_id: UUID = document["user_id"]
        self._import_id: UUID = document["_id"]
        self._run: UUID = document["run"]
        self._is_dry: bool = document["dry_run"]
        self._started_at: datetime = document["started_at"]
        self._report = Report.from_document(document["report"])
        self._done: int = document["records_done"]
        self._plan: Mapping[str, Any] | None = document["plan"]
        self._room = Room(0, 0, workplace.task_quota)

    async def run(self) -> None:
        """Work to the end; how it ended stands in the import's document."""
        try:
            await self._save({"state": await self._work()})
        except UnreadableFileError as error:
            await self._end({"state": "failed", "problem": describe_problem(error)})
        except (SupersededError, UnauthenticatedError):
            return
        except (DatabaseError, ProblemError) as error:
            logger.warning("import_interrupted", error=type(error).__name__)
            await self._end({"state": "interrupted"})
        except Exception:
            logger.exception("import_interrupted")
            await self._end({"state": "interrupted"})

    async def _end(self, fields: Mapping[str, Any]) -> None:
        try:
            await self._save(fields)
        except (DatabaseError, SupersededError):
            logger.warning("import_end_not_saved")

    async def _save(self, fields: Mapping[str, Any]) -> None:
        await self._workplace.imports.save(self._user_id, self._import_id, self._run, fields)

    async def _work(self) -> str:
        await asyncio.to_thread(self._source.check)
        plan = self._plan or await self._make_plan()
        await self._adopt_profile(plan)
        destination = Destination(Places(plan["task_base"]), Places(plan["list_base"]), self._started_at)
        ids = DerivedIds(self._user_id, self._import_id, self._started_at)
        today = self._started_at.date()
        chunks = Chunker(self._source, ids, self._workplace.task_quota, self._done, today).chunks()
        while True:
            if self._stop.is_set():
                return "interrupted"
            chunk = await asyncio.to_thread(_next, chunks)
            if chunk is None:
                return "finished"
            await self._make(chunk, destination)

    async def _make_plan(self) -> Mapping[str, Any]:
        """Look at the account once, when the import begins."""

        async def look(change: Change) -> Mapping[str, Any]:
            self._room = await self._workplace.writer.room_of(change)
            return await self._workplace.writer.plan(change, self._room)

        plan = await self._workplace.changes.run(self._user_id, look)
        await self._save({"plan": plan})
        return plan

    async def _adopt_profile(self, plan: Mapping[str, Any]) -> None:
        profile = self._source.profile()
        # Only ahead of everything else: whoever goes on later may have changed it meanwhile.
        if profile is not None and plan["is_empty"] and self._done == 0 and not self._is_dry:
            await self._workplace.profiles.adopt(self._user_id, profile)

    async def _make(self, chunk: Chunk, destination: Destination) -> None:
        if self._is_dry:
            made = pretend(chunk, self._room)
        elif chunk.lists or chunk.tasks:
            made = await self._workplace.changes.run(
                self._user_id,
                lambda change: self._write(change, chunk, destination),
                new_tasks=len(chunk.tasks),
            )
        else:
            made = Report()
        is_saved = not self._is_dry and bool(made.tasks_created or made.lists_created)
        progress = self._progress(chunk, made)
        if not is_saved:  # a change that makes nothing is undone, and with it what it has noted
            await self._save(progress)
        self._report, self._done = Report.from_document(progress["report"]), chunk.end

    async def _write(self, change: Change, chunk: Chunk, destination: Destination) -> Report:
        await self._workplace.imports.hold_slot(change, self._run)
        made = await self._workplace.writer.write(change, chunk, destination)
        fields = self._progress(chunk, made)
        await self._workplace.imports.save(self._user_id, self._import_id, self._run, fields, change.session)
        return made

    def _progress(self, chunk: Chunk, made: Report) -> dict[str, Any]:
        report = self._report.copy()
        report.add(chunk.report)
        report.add(made)
        bytes_read = min(self._spool.file.tell(), self._spool.size)
        return {"report": report.to_document(), "records_done": chunk.end, "bytes_read": bytes_read}


def _next(chunks: Iterator[Chunk]) -> Chunk | None:
    return next(chunks, None)
