"""The channel of web pushes: an address is the id of a subscription, and a user may have several."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import structlog

from app.core.clock import Clock
from app.data.database import Database
from app.notifications.channel import Message, PermanentDeliveryError, Recipient, TemporaryDeliveryError
from app.notifications.kinds import ChannelName, kind_of
from app.notifications.notice_repository import NoticeRepository
from app.notifications.notice_service import UNREAD_LIMIT
from app.notifications.push.encryption import encrypt
from app.notifications.push.endpoints import Endpoint, InvalidEndpointError
from app.notifications.push.messages import HANDLING, make_plaintext, make_topic
from app.notifications.push.refusals import KeyRefusals
from app.notifications.push.repository import SubscriptionRepository
from app.notifications.push.sender import Push, PushAnswer, PushSender
from app.notifications.push.subscriptions import Subscription
from app.notifications.push.vapid import VapidKey
from app.notifications.texts import tell

# The subscription is over (RFC 8030, section 7.3), or never was.
_GONE = frozenset({404, 410})
# Our key is refused, for all users: nobody but the operator can mend it, and pushes are stale by then.
_KEY_REFUSED = frozenset({401, 403})
# Statuses below 500 by which a server says "later" rather than "no".
_LATER = frozenset({408, 425, 429})
# The message is too long, which is nothing that the subscription could help.
_TOO_LONG = 413

logger = structlog.get_logger(__name__)


class PushChannel:
    """Delivers to browsers."""

    name: ClassVar[ChannelName] = "push"

    def __init__(
        self, database: Database, sender: PushSender, key: VapidKey, clock: Clock, *, allows_loopback: bool
    ) -> None:
        self._subscriptions = SubscriptionRepository(database)
        self._notices = NoticeRepository(database)
        self._sender = sender
        self._key = key
        self._clock = clock
        self._allows_loopback = allows_loopback
        self._key_refusals = KeyRefusals()

    async def addresses_of(self, user_id: UUID, email: str | None) -> tuple[str, ...]:  # noqa: ARG002 - the port's
        """Return the ids of the user's subscriptions; whether their sessions go on is looked at in the end."""
        subscriptions = await self._subscriptions.list_all(user_id)
        return tuple(str(subscription.subscription_id) for subscription in subscriptions)

    async def deliver(self, message: Message, recipient: Recipient) -> None:
        """Hand a message over to a browser's push service.

        A subscription whose session has ended, or that the push service takes nothing for, is forgotten. Raises
        `TemporaryDeliveryError` or `PermanentDeliveryError`.
        """
        now = self._clock.now()
        subscription = await self._find(recipient, now)
        if subscription is None:
            return
        try:
            endpoint = Endpoint.parse(subscription.endpoint, allows_loopback=self._allows_loopback)
        except InvalidEndpointError:  # it was let in by another profile
            raise PermanentDeliveryError("the endpoint is none that pushes may go to") from None
        push = await self._make(message, recipient, subscription, self._key.authorise(endpoint.origin, now))
        answer = await self._sender.send(subscription.endpoint, push)
        if answer.status in _KEY_REFUSED:
            self._key_refusals.tell(endpoint.origin, answer.status, now)
        elif _is_of_the_subscription(answer.status):
            await self._subscriptions.delete(recipient.user_id, subscription.subscription_id)
            if answer.status not in _GONE:  # or it is a fault of ours, which somebody has to see
                logger.warning("push_subscription_refused", service=endpoint.origin, status=answer.status)
        else:
            _require_accepted(answer)

    async def _find(self, recipient: Recipient, now: datetime) -> Subscription | None:
        """Return the subscription, or None when it is no more or its session has ended."""
        user_id = recipient.user_id
        subscription = await self._subscriptions.find(user_id, UUID(recipient.address))
        if subscription is None:
            return None
        session_id = subscription.session_id
        if session_id not in await self._subscriptions.find_alive(user_id, [session_id], now):
            await self._subscriptions.delete_of_session(user_id, subscription.subscription_id, session_id)
            return None
        return subscription

    async def _make(
        self, message: Message, recipient: Recipient, subscription: Subscription, authorisation: str
    ) -> Push:
        told = tell(message, recipient.timezone)
        unread_count = await self._notices.count_unread(recipient.user_id, UNREAD_LIMIT)
        handling = HANDLING[kind_of(message.occasion)]
        return Push(
            body=encrypt(make_plaintext(message, told, unread_count), subscription.keys),
            authorisation=authorisation,
            topic=make_topic(message),
            urgency=handling.urgency,
            ttl_seconds=handling.ttl_seconds,
        )


def _is_of_the_subscription(status: int) -> bool:
    """Return whether the next message would get the same refusal, since all of them are encrypted alike."""
    return 400 <= status < 500 and status not in _LATER and status != _TOO_LONG


def _require_accepted(answer: PushAnswer) -> None:
    if answer.status < 300:
        return
    reason = f"the push service answered {answer.status}"
    if answer.status >= 500 or answer.status in _LATER:
        raise TemporaryDeliveryError(reason, answer.retry_after_seconds)
    raise PermanentDeliveryError(reason)
