"""Subscriptions of one user at a time, made by signed-in sessions."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from app.core.clock import Clock
from app.core.errors import UnauthenticatedError, ValidationProblemError
from app.core.identity import Caller
from app.data.changes import Change, Changes, Recorder
from app.notifications.push.encryption import BrowserKeys
from app.notifications.push.endpoints import Endpoint, InvalidEndpointError
from app.notifications.push.errors import (
    PushNotConfiguredError,
    SubscriptionNotFoundError,
    SubscriptionQuotaExceededError,
)
from app.notifications.push.repository import SubscriptionRepository
from app.notifications.push.subscriptions import Subscription
from app.notifications.push.transport import CheckedAddresses, RefusedAddressError, UnknownHostError
from app.notifications.push.vapid import VapidKey

# More browsers than anybody has; each is another request for every reminder.
MAX_SUBSCRIPTIONS = 20
# As for sessions.
_MAX_USER_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Reach:
    """How far pushes may go: `allows_loopback` is for endpoints, `addresses` is for what their names lead to."""

    addresses: CheckedAddresses
    allows_loopback: bool


class SubscriptionService:
    """Makes, lists and removes subscriptions. Without a key none can be made."""

    def __init__(
        self,
        changes: Changes,
        repository: SubscriptionRepository,
        clock: Clock,
        key: VapidKey | None,
        reach: Reach,
    ) -> None:
        self._changes = changes
        self._repository = repository
        self._clock = clock
        self._key = key
        self._reach = reach

    @property
    def public_key(self) -> str:
        """The key that browsers subscribe with. Raises `PushNotConfiguredError`."""
        if self._key is None:
            raise PushNotConfiguredError
        return self._key.public_key

    async def list_alive(self, user_id: UUID) -> Sequence[Subscription]:
        """Return the subscriptions whose sessions go on, the newest first."""
        subscriptions = await self._repository.list_all(user_id)
        session_ids = list({subscription.session_id for subscription in subscriptions})
        alive = await self._repository.find_alive(user_id, session_ids, self._clock.now())
        return [subscription for subscription in subscriptions if subscription.session_id in alive]

    async def subscribe(
        self,
        caller: Caller,
        endpoint: str,
        keys: BrowserKeys,
        user_agent: str,
        recorder: Recorder[Subscription] | None = None,
    ) -> Subscription:
        """Subscribe a browser for as long as the caller's session lasts; the same endpoint again replaces.

        It stays of the key under which it was first handed over: for another one, browsers make another endpoint.

        Raises `PushNotConfiguredError`, `ValidationProblemError` for an endpoint that no push may go to, and
        `SubscriptionQuotaExceededError`.
        """
        public_key = self.public_key
        await self._check(endpoint)

        async def save(change: Change) -> Subscription:
            ends_at = await self._repository.find_end(caller.user_id, caller.session_id, change.session)
            if ends_at is None:
                raise UnauthenticatedError("The session has ended.", error="invalid_token")
            agent = user_agent[:_MAX_USER_AGENT_LENGTH]
            subscriptions = await self._repository.list_all(caller.user_id, change.session)
            made_for = _find_key(subscriptions, endpoint) or public_key
            made = Subscription(
                caller.user_id, caller.session_id, endpoint, keys, agent, change.at, ends_at, made_for
            )
            others = [one for one in subscriptions if one.subscription_id != made.subscription_id]
            await self._make_room(change, others, made.session_id)
            await self._repository.save(change, made)
            return made

        return await self._changes.run(caller.user_id, save, recorder)

    async def remove(self, user_id: UUID, subscription_id: UUID) -> None:
        """Remove a subscription. Raises `SubscriptionNotFoundError`."""
        if not await self._repository.delete(user_id, subscription_id):
            raise SubscriptionNotFoundError

    async def remove_all(self, user_id: UUID, endpoint: str | None) -> None:
        """Remove the subscription of an endpoint, or every one; what is not there is passed over."""
        for subscription in await self._repository.list_all(user_id):
            if endpoint in {None, subscription.endpoint}:
                await self._repository.delete(user_id, subscription.subscription_id)

    async def _check(self, endpoint: str) -> None:
        try:
            parts = Endpoint.parse(endpoint, allows_loopback=self._reach.allows_loopback)
            await self._reach.addresses.find(parts.host, parts.port)
        except InvalidEndpointError as error:
            raise ValidationProblemError("/endpoint", f"An endpoint {error}.") from None
        except RefusedAddressError:
            raise ValidationProblemError("/endpoint", "An endpoint must be at a public address.") from None
        except UnknownHostError:
            # The name may be known again by the time that there is something to push; it is looked at again then.
            return

    async def _make_room(self, change: Change, others: Sequence[Subscription], session_id: UUID) -> None:
        """Remove what no push reaches any more, if there would be too many with one more of a session."""
        if len(others) < MAX_SUBSCRIPTIONS:
            return
        session_ids = list({subscription.session_id for subscription in others})
        alive = await self._repository.find_alive(change.user_id, session_ids, change.at, change.session)
        for one in _choose_removed(others, alive, session_id, self.public_key):
            await self._repository.delete_of_session(
                change.user_id, one.subscription_id, one.session_id, change.session
            )


def _find_key(subscriptions: Sequence[Subscription], endpoint: str) -> str | None:
    """Return the key that is kept with an endpoint: it stays the same for as long as the endpoint does."""
    return next((one.application_server_key for one in subscriptions if one.endpoint == endpoint), None)


def _choose_removed(
    others: Sequence[Subscription], alive: AbstractSet[UUID], session_id: UUID, public_key: str
) -> Sequence[Subscription]:
    """Return what makes room for one of a session: all of sessions that have ended, or else one that is outdated.

    No more of these, because their browsers subscribe anew where they find themselves listed. One of the same
    session, which is of the same browser, goes ahead of the oldest. Raises `SubscriptionQuotaExceededError`.
    """
    ended = [one for one in others if one.session_id not in alive]
    if len(others) - len(ended) < MAX_SUBSCRIPTIONS:
        return ended
    outdated = [one for one in others if one.is_outdated_by(public_key)]
    if not outdated:
        raise SubscriptionQuotaExceededError(MAX_SUBSCRIPTIONS)
    return [min(outdated, key=lambda one: (one.session_id != session_id, one.created_at))]
