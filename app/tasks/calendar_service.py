"""The calendar feed service: who has a feed, who may read it, and what it shows."""

import hmac
import zoneinfo
from asyncio import gather
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.api.preconditions import IfMatch, profile_etag, query_etag
from app.core.clock import Clock, format_instant
from app.core.errors import NotFoundError
from app.core.ids import new_id
from app.data.accounts import Account, Accounts
from app.data.changes import Change, Changes
from app.data.database import Document
from app.data.store import Store
from app.tasks.calendar_document import FORM, MAX_NOTES_LENGTH, write_calendar
from app.tasks.calendar_feed_repository import CalendarFeedRepository
from app.tasks.calendar_secret import CalendarSecret, InvalidCalendarSecretError
from app.tasks.due import local_day_start

# Open tasks with a due date, of which few people have a hundred. So many take a slow processor 0.2 s, and 0.5 s with
# the longest notes (docs/decisions/0027-calendar-feeds.md).
MAX_EVENTS = 1_000

# Where a task opens in the app; its id follows.
_TASK_PAGE = "/all?task="


class CalendarFeedNotFoundError(NotFoundError):
    """The user has no feed, or nobody has one with that secret."""

    def __init__(self) -> None:
        super().__init__("There is no such calendar feed.")


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """A feed whose secret was right, as its user sees it on that day."""

    account: Account
    today: date

    @property
    def etag(self) -> str:
        """The strong ETag: revision, form, and the day, which decides about what is near."""
        account = self.account
        return query_etag(account.user_id, account.revision, "/calendar", f"form={FORM}&day={self.today}")


class CalendarFeeds:
    """Feeds of one user at a time, and reading them by their secret alone.

    Raises `CalendarFeedNotFoundError` where there is none.
    """

    def __init__(
        self, changes: Changes, feeds: CalendarFeedRepository, accounts: Accounts, clock: Clock, public_url: str
    ) -> None:
        self._changes = changes
        self._feeds = feeds
        self._accounts = accounts
        self._clock = clock
        self._public_url = public_url.rstrip("/")

    async def renew(self, user_id: UUID) -> str:
        """Make a feed, in place of the one there may be, and return its URL, which nobody can find out later."""
        secret = CalendarSecret.mint(user_id)

        async def put(change: Change) -> None:
            feed = {"key_hash": secret.key_hash, "created_at": change.at, **change.stamp()}
            await self._feeds.put(change, feed)

        await self._changes.run(user_id, put)
        return f"{self._public_url}/calendar/{secret.encode()}.ics"

    async def get(self, user_id: UUID) -> Document:
        """Return what is known of the user's feed."""
        return _check(await self._feeds.find(user_id))

    async def revoke(self, user_id: UUID, if_match: IfMatch) -> None:
        """Delete the user's feed. Raises `PreconditionFailedError`."""

        async def delete(change: Change) -> None:
            feed = _check(await self._feeds.find(user_id, change.session))
            if_match.check(feed_etag(feed), represent_feed(feed))
            change.stamp()
            await self._feeds.delete(change)

        await self._changes.run(user_id, delete)

    async def open(self, text: str) -> OpenFeed:
        """Return the feed of a secret.

        What cannot be a secret is looked for all the same, so that no answer comes sooner than another.
        """
        try:
            secret = CalendarSecret.parse(text)
        except InvalidCalendarSecretError:
            secret = CalendarSecret.mint(new_id(self._clock.now()))
        # Side by side: the revision must not be younger than the tasks, and they are read later.
        feed, account = await gather(self._feeds.find(secret.user_id), self._accounts.find(secret.user_id))
        expected = b"" if feed is None else feed["key_hash"]
        if not hmac.compare_digest(expected, secret.key_hash) or account is None or account.is_disabled:
            raise CalendarFeedNotFoundError
        today = self._clock.now().astimezone(zoneinfo.ZoneInfo(account.timezone)).date()
        return OpenFeed(account, today)

    async def write(self, feed: OpenFeed) -> bytes:
        """Return the feed as iCalendar: the open tasks with a due date, those from today on ahead of older ones."""
        account = feed.account
        start = local_day_start(feed.today, account.timezone)
        # One character more tells that there are more.
        tasks = await self._feeds.find_dated_tasks(account.user_id, start, MAX_EVENTS, MAX_NOTES_LENGTH + 1)
        return await write_calendar(tasks, account.timezone, self._public_url + _TASK_PAGE)


def represent_feed(feed: Document) -> dict[str, str]:
    """Return the JSON members of a feed."""
    return {"created_at": format_instant(feed["created_at"])}


def feed_etag(feed: Document) -> str:
    """Return the strong ETag of a feed: its revision and, as everybody's is at the same URL, whose it is."""
    return profile_etag(feed["user_id"], feed["revision"])


def _check(feed: Document | None) -> Document:
    if feed is None:
        raise CalendarFeedNotFoundError
    return feed


def build_calendar_feeds(store: Store, public_url: str) -> CalendarFeeds:
    """Build the service over the data layer."""
    feeds = CalendarFeedRepository(store.database)
    return CalendarFeeds(store.changes.of_content(), feeds, Accounts(store.database), store.clock, public_url)
