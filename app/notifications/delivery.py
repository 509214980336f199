"""Delivery: one message to one address, as often as it takes, until it is handed over or given up."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import timedelta

import structlog

from app.core.clock import Clock
from app.core.metrics import OutboxMetrics
from app.data.store import Store
from app.notifications.channel import Channel, PermanentDeliveryError, Recipient, TemporaryDeliveryError
from app.notifications.claim_repository import ClaimRepository
from app.notifications.claims import Claim
from app.notifications.kinds import kind_of
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.recipient_repository import RecipientRepository
from app.notifications.retries import MAX_ATTEMPTS, backoff

# What channels promise to keep to (`Channel.deliver`).
DELIVERY_SECONDS = 40.0
# From then on what was chosen may have changed, and the night may have come, since the occasion was told.
_LATE = timedelta(minutes=1)
# Digests come once a day.
_RECURRENCE = timedelta(days=1)

logger = structlog.get_logger(__name__)


class Failures:
    """Has what failed tried again later, or buries it."""

    def __init__(
        self, claims: ClaimRepository, clock: Clock, metrics: OutboxMetrics, recurring: Collection[str] = ()
    ) -> None:
        """`recurring` are the occasions that come again and again, each in the one entry that plans the next time."""
        self._claims = claims
        self._clock = clock
        self._metrics = metrics
        self._recurring = recurring

    async def postpone(self, claim: Claim, error: Exception, retry_after_seconds: float | None = None) -> None:
        """Count an attempt. After the last one the entry is dead; what recurs has another day instead."""
        attempts = claim.attempts + 1
        due_at = self._clock.now() + backoff(attempts, retry_after_seconds)
        if attempts >= MAX_ATTEMPTS:
            if claim.channel or claim.occasion not in self._recurring:
                await self.bury(claim, error)
                return
            attempts, due_at = 0, self._clock.now() + _RECURRENCE
        await self._claims.put_back(claim, due_at, attempts, _describe(error))
        self._metrics.count_delivery(claim.channel_name, "retried")

    async def bury(self, claim: Claim, error: Exception) -> None:
        """Give an entry up."""
        await self._claims.bury(claim, claim.attempts + 1, _describe(error))
        self._metrics.count_delivery(claim.channel_name, "dead")
        logger.warning("outbox_entry_died", lane=claim.lane, kind=claim.occasion, entry_id=str(claim.entry_id))


class Deliverer:
    """Delivers through the channels of this process, by their names."""

    def __init__(
        self,
        store: Store,
        claims: ClaimRepository,
        channels: Mapping[str, Channel],
        failures: Failures,
        metrics: OutboxMetrics,
    ) -> None:
        self._claims = claims
        self._recipients = RecipientRepository(store.database)
        self._preferences = PreferenceRepository(store.database)
        self._clock = store.clock
        self._channels = channels
        self._failures = failures
        self._metrics = metrics

    async def deliver(self, claim: Claim) -> bool:
        """Hand a message over and delete the entry; return whether it was handed over.

        An account that is gone or disabled is told nothing. What is late, or was tried before, follows what its user
        wants by now: it is dropped, or waits for the end of the quiet hours, which is no attempt.
        """
        recipient = await self._recipients.find(claim.user_id, claim.address)
        if recipient is None:
            await self._claims.complete(claim)
            return False
        if self._is_late(claim) and not await self._is_still_wanted(claim, recipient):
            return False
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                await self._channels[claim.channel_name].deliver(claim.to_message(), recipient)
        except TemporaryDeliveryError as error:
            await self._failures.postpone(claim, error, error.retry_after_seconds)
        except TimeoutError as error:
            await self._failures.postpone(claim, error)
        except PermanentDeliveryError as error:
            await self._failures.bury(claim, error)
        else:
            await self._claims.complete(claim)
            self._metrics.count_delivery(claim.channel_name, "delivered")
            return True
        return False

    def _is_late(self, claim: Claim) -> bool:
        return claim.attempts > 0 or self._clock.now() - claim.at > _LATE

    async def _is_still_wanted(self, claim: Claim, recipient: Recipient) -> bool:
        """Ask again what the user wants; what is not wanted now has been dealt with."""
        kind, now = kind_of(claim.occasion), self._clock.now()
        preferences = await self._preferences.find(claim.user_id)
        if claim.channel_name not in preferences.channels_for(kind):
            await self._claims.complete(claim)
            return False
        earliest = preferences.earliest(kind, now, recipient.timezone)
        if earliest > now:
            await self._claims.defer(claim, earliest)
            return False
        return True


def _describe(error: Exception) -> str:
    """A line for administrators. The text of an error that is not a channel's may hold what a user wrote."""
    if isinstance(error, TemporaryDeliveryError | PermanentDeliveryError):
        return str(error)
    return f"no answer within {DELIVERY_SECONDS:.0f} s" if isinstance(error, TimeoutError) else type(error).__name__
