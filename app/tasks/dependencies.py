"""What the routes of this feature are given."""

from typing import Annotated

from fastapi import Depends, Request

from app.tasks.calendar_service import CalendarFeeds
from app.tasks.common_task_module import CommonTasksModule
from app.tasks.module import TasksModule
from app.tasks.portability.module import PortabilityModule


async def _get_module(request: Request) -> TasksModule:
    module: TasksModule = request.app.state.tasks
    return module


TasksPart = Annotated[TasksModule, Depends(_get_module)]


async def _get_calendar(request: Request) -> CalendarFeeds:
    calendar: CalendarFeeds = request.app.state.calendar
    return calendar


CalendarPart = Annotated[CalendarFeeds, Depends(_get_calendar)]


async def _get_common_tasks(request: Request) -> CommonTasksModule:
    common_tasks: CommonTasksModule = request.app.state.common_tasks
    return common_tasks


CommonTasksPart = Annotated[CommonTasksModule, Depends(_get_common_tasks)]


async def _get_portability(request: Request) -> PortabilityModule:
    module: PortabilityModule = request.app.state.portability
    return module


PortabilityPart = Annotated[PortabilityModule, Depends(_get_portability)]
