"""The routes of web push: the key that browsers subscribe with, and their subscriptions."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query, Request, Response
from pydantic_core import to_json

from app.api.idempotency import OnceHeader
from app.api.openapi import read_problems, write_problems
from app.api.preconditions import conditional_json, content_etag
from app.api.schemas import Id
from app.api.security import CurrentCaller
from app.api.strict_json import StrictJsonRoute
from app.core.clock import format_instant
from app.notifications.dependencies import NotificationsPart
from app.notifications.push.schemas import (
    PublicKeyOut,
    SubscriptionChoice,
    SubscriptionDraft,
    SubscriptionList,
    SubscriptionOut,
)
from app.notifications.push.subscriptions import Subscription

router = APIRouter(tags=["notifications"], route_class=StrictJsonRoute)

_EXAMPLE = {
    "endpoint": "https://push.example.com/send/9f1a6d0c",
    "expirationTime": None,
    "keys": {
        "p256dh": "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
}


def _represent(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": str(subscription.subscription_id),
        "endpoint": subscription.endpoint,
        "created_at": format_instant(subscription.created_at),
        "user_agent": subscription.user_agent,
    }


def _answer_made(subscription: Subscription) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(to_json(_represent(subscription)), 201, headers, media_type="application/json")


@router.get(
    "/push/public-key",
    operation_id="getPushKey",
    summary="Read the key for push subscriptions",
    response_model=PublicKeyOut,
    responses=read_problems(304, 404),
)
async def get_push_key(request: Request, module: NotificationsPart) -> Response:
    """Return the key that browsers subscribe with; 404 where no pushes are sent."""
    key = {"public_key": module.subscriptions.public_key}
    return conditional_json(request, key, content_etag(key))


@router.post(
    "/me/push-subscriptions",
    operation_id="subscribeToPushes",
    summary="Subscribe a browser to pushes",
    status_code=201,
    response_model=SubscriptionOut,
    responses=write_problems(404, 409),
)
async def subscribe_to_pushes(
    draft: Annotated[SubscriptionDraft, Body(openapi_examples={"a browser": {"value": _EXAMPLE}})],
    caller: CurrentCaller,
    module: NotificationsPart,
    once: OnceHeader,
    user_agent: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Take a browser's `PushSubscription`. Pushes go there until the session of this request ends.

    The same endpoint again replaces what was known of it; send it after each sign-in.
    """
    return await once.answer(
        caller,
        _answer_made,
        lambda recorder: module.subscriptions.subscribe(
            caller, draft.endpoint, draft.to_keys(), user_agent, recorder
        ),
    )


@router.get(
    "/me/push-subscriptions",
    operation_id="listPushSubscriptions",
    summary="List the browsers that pushes go to",
    response_model=SubscriptionList,
    responses=read_problems(304),
)
async def list_push_subscriptions(request: Request, caller: CurrentCaller, module: NotificationsPart) -> Response:
    """Return the subscriptions whose sessions have not ended, the newest first; there are 20 at most."""
    found = await module.subscriptions.list_alive(caller.user_id)
    content = {"items": [_represent(subscription) for subscription in found]}
    return conditional_json(request, content, content_etag(content))


@router.delete(
    "/me/push-subscriptions",
    operation_id="unsubscribeFromPushes",
    summary="End the pushes to one browser or to all",
    status_code=204,
    response_class=Response,
    responses=write_problems(),
)
async def unsubscribe_from_pushes(
    choice: Annotated[SubscriptionChoice, Query()], caller: CurrentCaller, module: NotificationsPart
) -> Response:
    """Remove the subscription of an endpoint, or without one every one. It is no error when there is none."""
    await module.subscriptions.remove_all(caller.user_id, choice.endpoint)
    return Response(status_code=204)


@router.delete(
    "/me/push-subscriptions/{subscription_id}",
    operation_id="deletePushSubscription",
    summary="End the pushes to a browser",
    status_code=204,
    response_class=Response,
    responses=write_problems(404),
)
async def delete_push_subscription(subscription_id: Id, caller: CurrentCaller, module: NotificationsPart) -> Response:
    """Remove a subscription."""
    await module.subscriptions.remove(caller.user_id, subscription_id)
    return Response(status_code=204)
