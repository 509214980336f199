"""Small chunks, so that a handful of tasks needs several changes, and a gate between them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI

from app.tasks.portability import chunks
from app.tasks.portability.imports import Imports
from app.tasks.portability.writer import ChunkWriter
from tests.waiting import Signal


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> int:
    """Makes imports write two records in each change; returns the number."""
    monkeypatch.setattr(chunks, "_MAX_RECORDS", 2)
    return 2


class Gate:
    """Lets so many chunks be written; whoever wants to write the next one waits, or fails with `error`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.remaining = 10**6
        self.error: Exception | None = None
        self.is_reached = Signal()
        self.opened = Signal()
        write = ChunkWriter.write

        async def pass_gate(writer: ChunkWriter, *arguments: Any) -> Any:
            if self.remaining == 0:
                self.is_reached.set()
                if self.error is not None:
                    raise self.error
                await self.opened.wait()
            else:
                self.remaining -= 1
            return await write(writer, *arguments)

        monkeypatch.setattr(ChunkWriter, "write", pass_gate)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, small_chunks: int) -> Gate:
    return Gate(monkeypatch)


@pytest.fixture
async def impatient(app: FastAPI, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Imports]:
    """The import service, which lets nobody wait."""
    imports: Imports = app.state.portability.imports
    monkeypatch.setattr(imports, "_patience_seconds", 0.0)
    yield imports
    gate.opened.set()
    while imports._running:
        await asyncio.wait(imports._running)
