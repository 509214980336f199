"""What the routes of this feature are given."""

from typing import Annotated

from fastapi import Depends, Request

from app.notifications.module import NotificationsModule


async def _get_module(request: Request) -> NotificationsModule:
    module: NotificationsModule = request.app.state.notifications
    return module


NotificationsPart = Annotated[NotificationsModule, Depends(_get_module)]
