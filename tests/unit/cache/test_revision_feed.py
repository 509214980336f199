"""The feed within a process: who hears what, how often, and what is left of it."""

import asyncio
from uuid import UUID

from app.cache.revision_feed import Mailbox, News, RevisionFeed

ANN, BOB = UUID(int=1), UUID(int=2)
# Long enough to fail a test that waits for it, short enough to be waited for once.
DEADLINE_SECONDS = 10


class SilentChannels:
    """Channels from which nothing can be heard yet."""

    def __init__(self) -> None:
        self.updates: list[UUID] = []

    def update(self, user_id: UUID) -> None:
        self.updates.append(user_id)

    def hears(self, user_id: UUID) -> bool:
        return False


class TestAMailbox:
    async def test_holds_the_newest_of_many_revisions_and_no_other(self) -> None:
        mailbox = Mailbox()
        for revision in (1, 2, 5, 3):
            mailbox.deliver(revision)

        assert await mailbox.wait(DEADLINE_SECONDS) == News(5, has_gap=False)
        assert (await mailbox.wait(0)).revision == 5

    async def test_takes_no_more_room_for_a_client_that_never_reads(self) -> None:
        mailbox = Mailbox()
        for revision in range(100_000):
            mailbox.deliver(revision)

        held = [getattr(mailbox, name) for name in Mailbox.__slots__]
        assert [value for value in held if not isinstance(value, asyncio.Event)] == [False, False, 99_999]

    async def test_wakes_its_reader_once_for_a_revision(self) -> None:
        mailbox = Mailbox()
        mailbox.deliver(7)
        await mailbox.wait(DEADLINE_SECONDS)
        mailbox.deliver(7)
        mailbox.deliver(6)

        reading = asyncio.create_task(mailbox.wait(DEADLINE_SECONDS))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not reading.done()
        mailbox.deliver(8)
        assert await reading == News(8, has_gap=False)

    async def test_tells_of_a_gap_once(self) -> None:
        mailbox = Mailbox()
        mailbox.report_gap()

        assert await mailbox.wait(DEADLINE_SECONDS) == News(None, has_gap=True)
        assert await mailbox.wait(0) == News(None, has_gap=False)

    async def test_lets_nobody_wait_any_more_once_it_is_closed(self) -> None:
        mailbox = Mailbox()
        waiting = asyncio.create_task(mailbox.wait(DEADLINE_SECONDS))
        await asyncio.sleep(0)
        mailbox.close()

        await waiting
        await mailbox.wait(DEADLINE_SECONDS)
        assert mailbox.is_closed


class TestTheFeed:
    async def test_hands_a_revision_to_all_streams_of_its_user_and_to_nobody_else(self) -> None:
        feed = RevisionFeed()
        with feed.open(ANN) as first, feed.open(ANN) as second, feed.open(BOB) as foreign:
            feed.publish(ANN, 7)
            feed.report_gap(ANN)

            assert await first.wait(0) == News(7, has_gap=True)
            assert await second.wait(0) == News(7, has_gap=True)
            assert (await foreign.wait(0)).revision is None

    async def test_forgets_a_stream_that_is_gone(self) -> None:
        feed = RevisionFeed()
        with feed.open(ANN):
            assert (feed.count_of(ANN), set(feed.users)) == (1, {ANN})

        feed.publish(ANN, 7)
        assert (feed.count_of(ANN), set(feed.users)) == (0, set())

    async def test_asks_for_a_user_with_the_first_stream_and_lets_go_with_the_last(self) -> None:
        feed, channels = RevisionFeed(), SilentChannels()
        feed.listen_to(channels)
        with feed.open(ANN):
            with feed.open(ANN):
                pass
            assert channels.updates == [ANN]
        assert channels.updates == [ANN, ANN]

    async def test_wakes_a_new_stream_as_soon_as_nothing_can_be_missed(self) -> None:
        local, remote = RevisionFeed(), RevisionFeed()
        remote.listen_to(SilentChannels())
        with local.open(ANN) as mailbox:
            assert await mailbox.wait(0) == News(None, has_gap=True)
        with remote.open(ANN) as mailbox:
            assert await mailbox.wait(0) == News(None, has_gap=False)
            remote.report_gap(ANN)
            assert await mailbox.wait(0) == News(None, has_gap=True)

    async def test_ends_all_streams_when_it_closes_and_later_ones_at_once(self) -> None:
        feed = RevisionFeed()
        with feed.open(ANN) as early:
            feed.close()
            assert early.is_closed
        with feed.open(ANN) as late:
            assert late.is_closed
