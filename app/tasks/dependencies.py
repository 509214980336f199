"""What the routes of this feature are given."""

from typing import Annotated

from fastapi import Depends, Request

from app.tasks.module import TasksModule
from app.tasks.portability.module import PortabilityModule


async def _get_module(request: Request) -> TasksModule:
    module: TasksModule = request.app.state.tasks
    return module


TasksPart = Annotated[TasksModule, Depends(_get_module)]


async def _get_portability(request: Request) -> PortabilityModule:
    module: PortabilityModule = request.app.state.portability
    return module


PortabilityPart = Annotated[PortabilityModule, Depends(_get_portability)]
