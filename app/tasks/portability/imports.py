"""The import service: takes a file, sees to it that an account has one import at a time, and tells how far it is."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from app.core.clock import Clock
from app.core.errors import ServiceUnavailableError, UnauthenticatedError
from app.core.ids import new_id
from app.data.failures import DatabaseError
from app.data.idempotency import KeyReusedError
from app.tasks.import_repository import IMPORT_LIFETIME, SLOT_LIFETIME, SupersededError
from app.tasks.portability.errors import (
    ImportNotFoundError,
    ImportUnderWayError,
    Place,
    UnreadableFileError,
)
from app.tasks.portability.formats import FORMATS, Context
from app.tasks.portability.import_job import ImportJob, Workplace
from app.tasks.portability.report import Report
from app.tasks.portability.schemas import FormatName
from app.tasks.portability.spool import Spool

# How long a client waits for the end; below the 10 s in which every request is answered.
PATIENCE_SECONDS = 5.0
_RENEWAL_SECONDS = SLOT_LIFETIME.total_seconds() / 5
# A chunk takes 7 s at most (app/data/transactions.py).
_STOP_SECONDS = 8.0

logger = structlog.get_logger(__name__)

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What a client asks for, apart from the file, and the time zone of the user."""

    format: FormatName
    dry_run: bool
    list_name: str
    timezone: str


class Imports:
    """Imports of one user at a time; they go on when the client has gone."""

    def __init__(self, workplace: Workplace, clock: Clock, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._workplace = workplace
        self._repository = workplace.imports
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._stop = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Have imports end after the chunk under way when the context ends."""
        try:
            yield
        finally:
            self._stop.set()
            if self._running:
                _, lasting = await asyncio.wait(self._running, timeout=_STOP_SECONDS)
                for task in lasting:
                    task.cancel()

    async def begin(
        self, user_id: UUID, request: ImportRequest, pieces: AsyncIterator[bytes], key: str | None
    ) -> tuple[Document, bool]:
        """Import a file, and return the import and whether it is that of an earlier request with the same key.

        It may not have ended yet. Raises `ImportUnderWayError`, `KeyReusedError` or `UnreadableFileError`.
        """
        import_id = new_id(self._clock.now()) if key is None else _id_of_key(user_id, key)
        run = new_id(self._clock.now())
        await self._claim(user_id, import_id, run, request)
        renewal = asyncio.create_task(self._renew(user_id, run))
        try:
            spool = await Spool.receive(pieces)
            try:
                document, is_replay = await self._open(user_id, import_id, run, request, spool)
            except BaseException:
                spool.close()
                raise
        except BaseException:
            await self._give_back(user_id, run, renewal)
            raise
        if is_replay:
            spool.close()
            await self._give_back(user_id, run, renewal)
            return _tell(document, key, is_replay=True), True
        work = asyncio.create_task(self._work(document, spool, request, renewal))
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        await asyncio.wait({work}, timeout=self._patience_seconds)
        return _tell(await self.read(user_id, import_id), key), False

    async def read(self, user_id: UUID, import_id: UUID) -> Document:
        """Return an import. Raises `ImportNotFoundError`."""
        # The slot first: an import is given back after its end was noted, and would else look broken off.
        slot = await self._repository.find_slot(user_id)
        document = await self._repository.find(user_id, import_id)
        is_alive = slot is not None and slot["import_id"] == import_id and slot["alive_until"] > self._clock.now()
        if document is None:
            if slot is None or not is_alive:
                raise ImportNotFoundError
            return _blank(slot["import_id"], slot["format"], dry_run=slot["dry_run"])
        if document["state"] == "running" and not is_alive:
            return {**document, "state": "interrupted"}
        return document

    async def _claim(self, user_id: UUID, import_id: UUID, run: UUID, request: ImportRequest) -> None:
        fields = {"import_id": import_id, "run": run, "format": request.format, "dry_run": request.dry_run}
        holder = await self._repository.claim_slot(user_id, self._clock.now(), fields)
        if holder is not None:
            raise ImportUnderWayError(holder["import_id"])

    async def _open(
        self, user_id: UUID, import_id: UUID, run: UUID, request: ImportRequest, spool: Spool
    ) -> tuple[Document, bool]:
        """Return the import's document, and whether it has ended before."""
        asked = {"format": request.format, "dry_run": request.dry_run, "list_name": request.list_name}
        known = await self._repository.find(user_id, import_id)
        now = self._clock.now()
        fresh = {
            **_blank(import_id, request.format, dry_run=request.dry_run),
            **asked,
            "user_id": user_id,
            "run": run,
            "sha256": spool.sha256,
            "started_at": now,
            "expires_at": now + IMPORT_LIFETIME,
            "bytes_total": spool.size,
        }
        if known is None:
            await self._insert(fresh)
            return fresh, False
        if known["sha256"] != spool.sha256 or any(known[name] != value for name, value in asked.items()):
            raise KeyReusedError("This Idempotency-Key was used for a different import.")
        if known["state"] in {"finished", "failed"}:
            return known, True
        # A dry run has made nothing that it would have to go on from.
        kept = {name: fresh[name] for name in ("report", "records_done", "plan")} if request.dry_run else {}
        fields = {**kept, "run": run, "state": "running", "expires_at": now + IMPORT_LIFETIME}
        taken = await self._repository.take_over(user_id, import_id, fields)
        if taken is None:
            raise ImportNotFoundError
        return taken, False

    async def _insert(self, fresh: Document) -> None:
        user_id: UUID = fresh["user_id"]
        try:
            await self._workplace.transactions.run(lambda session: self._repository.insert(fresh, session))
        except SupersededError:
            slot = await self._repository.find_slot(user_id)
            if slot is None:
                raise UnauthenticatedError("The account does not exist any more.", error="invalid_token") from None
            raise ImportUnderWayError(slot["import_id"]) from None

    async def _work(
        self, document: Document, spool: Spool, request: ImportRequest, renewal: asyncio.Task[None]
    ) -> None:
        try:
            quota = self._workplace.task_quota
            context = Context(self._workplace.profiles, request.list_name, quota, request.timezone)
            source = FORMATS[request.format].open(spool.file, context)
            await ImportJob(self._workplace, document, spool, source, self._stop).run()
        finally:
            spool.close()
            await self._give_back(document["user_id"], document["run"], renewal)

    async def _renew(self, user_id: UUID, run: UUID) -> None:
        while True:
            await asyncio.sleep(_RENEWAL_SECONDS)
            with contextlib.suppress(DatabaseError):  # the next renewal may get through in time
                await self._repository.renew_slot(user_id, run, self._clock.now() + SLOT_LIFETIME)

    async def _give_back(self, user_id: UUID, run: UUID, renewal: asyncio.Task[None]) -> None:
        renewal.cancel()
        await asyncio.gather(renewal, return_exceptions=True)
        with contextlib.suppress(DatabaseError):  # it is free by itself in a moment
            await self._repository.renew_slot(user_id, run, self._clock.now())


def _id_of_key(user_id: UUID, key: str) -> UUID:
    """Return the id of the import that a key stands for: version 8 of RFC 9562, made of a hash."""
    digest = hashlib.sha256(b"import" + user_id.bytes + key.encode()).digest()
    bits = int.from_bytes(digest[:16])
    return UUID(int=bits & ~(0xF << 76) & ~(0b11 << 62) | 8 << 76 | 0b10 << 62)


def _blank(import_id: UUID, name: FormatName, *, dry_run: bool) -> Document:
    return {
        "_id": import_id,
        "format": name,
        "dry_run": dry_run,
        "state": "running",
        "records_done": 0,
        "plan": None,
        "report": Report().to_document(),
        "bytes_read": 0,
        "bytes_total": 0,
    }


def _tell(document: Document, key: str | None, *, is_replay: bool = False) -> Document:
    """Return an import that may be answered with. Raises what it failed or stopped with."""
    if document["state"] == "failed":
        failure = document["problem"]["errors"][0]
        error = UnreadableFileError(Place(failure["pointer"], failure.get("line")), failure["detail"])
        error.headers |= {"Idempotency-Replayed": "true"} if is_replay else {}
        raise error
    if document["state"] == "interrupted" and key is not None:
        raise ServiceUnavailableError(
            "The import was interrupted; the same request with the same Idempotency-Key goes on from there."
        )
    # Whoever sent no key and is told to send the file again would get a part of it twice.
    if document["state"] == "interrupted" and document["records_done"] == 0:
        raise ServiceUnavailableError("The import was interrupted before anything of the file came in.")
    return document


def represent_import(document: Mapping[str, Any]) -> Document:
    """Return the JSON members of an import."""
    report = Report.from_document(document["report"])
    return {
        "id": str(document["_id"]),
        "state": document["state"],
        "dry_run": document["dry_run"],
        "format": document["format"],
        "lists": {"created": report.lists_created},
        "tasks": {
            "created": report.tasks_created,
            "skipped": report.tasks_skipped,
            "failed": report.tasks_failed,
        },
        "errors": report.errors,
        "errors_left_off": report.errors_left_off,
        "notes": report.list_notes(),
        "progress": {"bytes_read": document["bytes_read"], "bytes_total": document["bytes_total"]},
        "problem": document.get("problem"),
    }
