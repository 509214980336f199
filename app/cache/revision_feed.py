"""Live updates within a process: hands each new revision of a user to the streams of that user, and to no other."""

import asyncio
import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class News:
    """What a stream has to know: the newest revision that was published, and whether one may have been missed."""

    revision: int | None
    has_gap: bool


class Mailbox:
    """What one stream has yet to hear, however slow it is: the newest revision alone."""

    __slots__ = ("_arrived", "_has_gap", "_is_closed", "_revision")

    def __init__(self) -> None:
        self._revision: int | None = None
        self._has_gap = False
        self._is_closed = False
        self._arrived = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come: the stream has to end."""
        return self._is_closed

    async def wait(self, timeout_seconds: float) -> News:
        """Wait until there is news, but no longer than this, and take it out."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(timeout_seconds, 0)):
                await self._arrived.wait()
        news = News(self._revision, self._has_gap)
        self._has_gap = False
        if not self._is_closed:  # from then on every wait returns at once
            self._arrived.clear()
        return news

    def deliver(self, revision: int) -> None:
        """Put a revision in, unless there was a newer one."""
        if self._revision is None or revision > self._revision:
            self._revision = revision
            self._arrived.set()

    def report_gap(self) -> None:
        """Say that a revision may have been missed."""
        self._has_gap = True
        self._arrived.set()

    def close(self) -> None:
        """Say that nothing more will come."""
        self._is_closed = True
        self._arrived.set()


class Channels(Protocol):
    """Where the revisions of users come from."""

    def update(self, user_id: UUID) -> None:
        """The user's first stream has opened, or the last one has closed. Gaps are reported to the feed."""
        ...

    def hears(self, user_id: UUID) -> bool:
        """Whether whatever is published of this user arrives from now on."""
        ...


class LocalChannels:
    """Implements `Channels` for revisions that are published in this process alone: nothing is missed."""

    def update(self, user_id: UUID) -> None:
        """Do nothing."""

    def hears(self, user_id: UUID) -> bool:
        """Return True."""
        return True


class RevisionFeed:
    """The open streams of this process by user."""

    def __init__(self) -> None:
        self._channels: Channels = LocalChannels()
        self._mailboxes: dict[UUID, set[Mailbox]] = {}
        self._is_closed = False

    @property
    def users(self) -> Collection[UUID]:
        """Who has a stream open."""
        return self._mailboxes.keys()

    def listen_to(self, channels: Channels) -> None:
        """Name the channels; to be called before the first stream opens."""
        self._channels = channels

    def count_of(self, user_id: UUID) -> int:
        """How many streams the user has open."""
        return len(self._mailboxes.get(user_id, ()))

    @contextlib.contextmanager
    def open(self, user_id: UUID) -> Iterator[Mailbox]:
        """Give a stream its mailbox while the block runs.

        The first wait returns as soon as nothing that is published can be missed: whoever reads the current
        revision after it misses no change. If that takes longer than the wait, a gap is reported later.
        """
        mailbox = Mailbox()
        mailboxes = self._mailboxes.setdefault(user_id, set())
        mailboxes.add(mailbox)
        if len(mailboxes) == 1:
            self._channels.update(user_id)
        if self._channels.hears(user_id):
            mailbox.report_gap()
        if self._is_closed:
            mailbox.close()
        try:
            yield mailbox
        finally:
            mailboxes.discard(mailbox)
            if not mailboxes:
                del self._mailboxes[user_id]
                self._channels.update(user_id)

    def publish(self, user_id: UUID, revision: int) -> None:
        """Deliver a new revision to the streams of this user."""
        for mailbox in self._mailboxes.get(user_id, ()):
            mailbox.deliver(revision)

    def report_gap(self, user_id: UUID) -> None:
        """Make the streams of this user look for themselves."""
        for mailbox in self._mailboxes.get(user_id, ()):
            mailbox.report_gap()

    def close(self) -> None:
        """End all streams, and from now on each one as soon as it opens."""
        self._is_closed = True
        for mailboxes in self._mailboxes.values():
            for mailbox in mailboxes:
                mailbox.close()
