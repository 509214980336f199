"""Export and import, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.core.clock import Clock
from app.data.store import Store
from app.tasks.export_repository import ExportRepository
from app.tasks.module import TasksModule
from app.tasks.portability.exporter import Exporter
from app.tasks.portability.import_job import Workplace
from app.tasks.portability.imports import Imports
from app.tasks.portability.profiles import PortableProfiles
from app.tasks.portability.writer import ChunkWriter

__all__ = ["PortabilityModule", "build_portability"]


@dataclass(frozen=True, slots=True)
class PortabilityModule:
    """The services behind the routes."""

    exporter: Exporter
    imports: Imports
    clock: Clock


@asynccontextmanager
async def build_portability(
    store: Store, tasks: TasksModule, profiles: PortableProfiles, task_quota: int
) -> AsyncIterator[PortabilityModule]:
    """Build it over the data layer; imports work as long as the context lasts.

    `profiles` comes from the feature that keeps them.
    """
    writer = ChunkWriter(tasks.import_repository, tasks.task_repository, tasks.list_repository, task_quota)
    workplace = Workplace(
        store.changes.of_content(), store.transactions, tasks.import_repository, writer, profiles, task_quota
    )
    imports = Imports(workplace, store.clock)
    async with imports.run():
        yield PortabilityModule(
            exporter=Exporter(ExportRepository(store.database), profiles), imports=imports, clock=store.clock
        )
