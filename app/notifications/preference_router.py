"""The routes of what a user chooses."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from app.api.openapi import read_problems, write_problems
from app.api.preconditions import IfMatchHeader, conditional_json, json_with_etag, resource_etag
from app.api.security import TaskReader, TaskWriter
from app.api.strict_json import StrictJsonRoute
from app.notifications.dependencies import NotificationsPart
from app.notifications.representation import represent_preferences
from app.notifications.schemas import PreferencesOut, PreferencesPatch

router = APIRouter(prefix="/me/notification-settings", tags=["notifications"], route_class=StrictJsonRoute)


@router.get(
    "",
    operation_id="getNotificationSettings",
    summary="Read how one is notified",
    response_model=PreferencesOut,
    responses=read_problems(304),
)
async def get_notification_settings(request: Request, caller: TaskReader, module: NotificationsPart) -> Response:
    """Return the channels of each kind, the quiet hours and the time of the daily digest."""
    preferences = await module.preferences.read(caller.user_id)
    return conditional_json(request, represent_preferences(preferences), resource_etag(preferences.revision))


@router.patch(
    "",
    operation_id="updateNotificationSettings",
    summary="Change how one is notified",
    response_model=PreferencesOut,
    responses=write_problems(412),
)
async def update_notification_settings(
    patch: Annotated[
        PreferencesPatch,
        Body(
            openapi_examples={
                "reminders by mail": {"value": {"channels": {"reminder": {"email": True}}}},
                "silence at night": {"value": {"quiet_hours": {"start": "22:00", "end": "07:00"}}},
                "a digest in the morning": {"value": {"daily_digest": {"time": "07:30"}}},
            }
        ),
    ],
    caller: TaskWriter,
    module: NotificationsPart,
    if_match: IfMatchHeader,
) -> Response:
    """Apply a JSON merge patch (RFC 7396). Times are those of clocks in the user's zone."""
    preferences = await module.preferences.change(caller.user_id, patch.to_patch(), if_match)
    return json_with_etag(represent_preferences(preferences), resource_etag(preferences.revision))
