"""Dispatch: an occasion becomes a notice within the app and one delivery for each address that the user wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from app.core.errors import UnauthenticatedError
from app.data.changes import Change
from app.data.outbox import OutboxEntry, derive_id, occurrence_of
from app.data.store import Store
from app.notifications.channel import Channel
from app.notifications.claim_repository import ClaimRepository
from app.notifications.claims import Claim
from app.notifications.kinds import Kind, kind_of
from app.notifications.notice_repository import NoticeRepository
from app.notifications.notices import Notice
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.preferences import Preferences
from app.notifications.recipient_repository import RecipientRepository
from app.notifications.texts import tell

_IN_APP = "in_app"


class Recurring(Protocol):
    """What there is to a kind that comes again and again, and whose content is made when it is told."""

    async def find_content(self, change: Change) -> Mapping[str, Any] | None:
        """Return what is told, or None when there is nothing to tell this time."""
        ...

    def plan_next(self, change: Change, preferences: Preferences) -> None:
        """Plan the next time, if there is one."""
        ...


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What became of an occasion: whether it is new within the app, and deliveries that this process has claimed."""

    is_noticed: bool
    deliveries: Sequence[Claim] = ()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How a user wants to be told: `channels` are those outside the app, with their addresses."""

    kind: Kind
    preferences: Preferences
    channels: Sequence[str]
    token: str | None


class _ClaimLostError(Exception):
    """Undoes the transaction of an occasion that was withdrawn, or that somebody else has claimed since."""


class Dispatcher:
    """Carries occasions out, each in one transaction with what it leads to."""

    def __init__(
        self,
        store: Store,
        claims: ClaimRepository,
        channels: Sequence[Channel],
        recurring: Mapping[Kind, Recurring],
    ) -> None:
        self._changes = store.changes.of_content()
        self._claims = claims
        self._channels = channels
        self._recurring = recurring
        self._preferences = PreferenceRepository(store.database)
        self._recipients = RecipientRepository(store.database)
        self._notices = NoticeRepository(store.database)

    async def dispatch(self, claim: Claim, token: str | None) -> Dispatched | None:
        """Tell an occasion. Its deliveries are claimed by `token`, if there is one, else left to whoever comes first.

        Returns None where there is nobody to tell or nothing to be told: the account is gone or disabled, the
        occasion was withdrawn or is claimed by somebody else by now. Raises `ValueError` for a kind that this version
        does not know.
        """
        kind = kind_of(claim.occasion)
        preferences = await self._preferences.find(claim.user_id)
        channels = await self._find_addresses(claim.user_id, kind, preferences)
        try:
            wanted = _Wanted(kind, preferences, channels, token)
            return await self._changes.run(claim.user_id, partial(self._tell, claim, wanted))
        except _ClaimLostError:
            return None
        except UnauthenticatedError:
            await self._claims.complete(claim)
            return None

    async def _find_addresses(self, user_id: UUID, kind: Kind, preferences: Preferences) -> Sequence[str]:
        """Return where else the user is to be told, each as an entry's `channel`."""
        wanted = preferences.channels_for(kind)
        channels = [channel for channel in self._channels if channel.name in wanted]
        recipient = await self._recipients.find(user_id) if channels else None
        if recipient is None:
            return []
        found: list[str] = []
        for channel in channels:
            addresses = await channel.addresses_of(user_id, recipient.email)
            found += [f"{channel.name}:{address}" if address else channel.name for address in addresses]
        return found

    async def _tell(self, claim: Claim, wanted: _Wanted, change: Change) -> Dispatched | None:
        kind, preferences = wanted.kind, wanted.preferences
        recurring = self._recurring.get(kind)
        if change.account.is_disabled:
            await self._take(claim, None, change)
            if recurring is not None:  # the account may be let in again, and nothing else would plan it then
                recurring.plan_next(change, preferences)
            return None
        # In quiet hours it stays what it is until they are over, so that a change of the task can still withdraw it.
        earliest = preferences.earliest(kind, change.at, change.account.timezone)
        is_deferred = bool(wanted.channels) and earliest > change.at
        claimed = await self._take(claim, earliest if is_deferred else None, change)
        told = claimed if recurring is None else await _fill(recurring, claimed, change)
        if recurring is not None and not is_deferred:
            recurring.plan_next(change, preferences)
        if told is None:
            return Dispatched(is_noticed=False)
        is_noticed = False
        if _IN_APP in preferences.channels_for(kind):
            is_noticed = await self._notices.insert(change, _to_notice(told, kind, change))
        entries = [] if is_deferred else [_to_delivery(told, channel) for channel in wanted.channels]
        deliveries = await self._claims.add(entries, claim.owed_at, wanted.token, change.session)
        return Dispatched(is_noticed, deliveries)

    async def _take(self, claim: Claim, until: datetime | None, change: Change) -> Claim:
        """Take the entry out, or defer it; its content may have changed since it was claimed."""
        if until is None:
            content = await self._claims.take_out(claim, change.session)
        else:
            content = await self._claims.defer(claim, until, change.session)
        if content is None:
            raise _ClaimLostError
        change.keep()
        return replace(claim, content=content)


async def _fill(recurring: Recurring, claim: Claim, change: Change) -> Claim | None:
    """Return what is told this time, or None for nothing. The entry is the same every time; the occurrence is not."""
    content = await recurring.find_content(change)
    return None if content is None else replace(claim, content=content, occurrence=occurrence_of(claim.at))


def _to_notice(claim: Claim, kind: Kind, change: Change) -> Notice:
    key = derive_id(claim.user_id, claim.occasion, claim.subject, claim.occurrence, _IN_APP)
    told = tell(claim.to_message(key), change.account.timezone)
    task_id = UUID(claim.subject) if kind == "reminder" else None
    return Notice(key, kind, told.title, told.body, task_id, created_at=change.at)


def _to_delivery(claim: Claim, channel: str) -> OutboxEntry:
    return OutboxEntry(
        user_id=claim.user_id,
        kind=claim.occasion,
        subject=claim.subject,
        at=claim.at,
        content=claim.content,
        occurrence=claim.occurrence,
        channel=channel,
        occasion_id=claim.entry_id,
        is_bulk=claim.is_bulk,
    )
