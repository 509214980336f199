"""Pushes from the reminder that is due to the message that the browser decrypts."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from app.core.metrics import OutboxMetrics
from app.core.settings import Settings
from app.data.outbox import derive_id
from app.notifications.channel import Channel, Message, Recipient, TemporaryDeliveryError
from app.notifications.courier import Courier
from app.notifications.push.addresses import AddressPolicy
from app.notifications.push.channel import PushChannel
from app.notifications.push.lookups import SystemNames
from app.notifications.push.messages import make_topic
from app.notifications.push.module import read_push_setup
from app.notifications.push.sender import PushSender
from app.notifications.push.transport import CheckedAddresses, open_checked_http
from tests.fakes.clock import FakeClock
from tests.fakes.push_service import Behaviour, PushService
from tests.integration.notifications.conftest import work_off
from tests.integration.notifications.push.conftest import SUBSCRIPTIONS, RawDatabase, Remind, Subscribe


def count(metrics: OutboxMetrics, outcome: str) -> float:
    return metrics.deliveries.labels("push", outcome)._value.get()  # type: ignore[no-any-return]


class TestAReminder:
    async def test_reaches_the_browser_which_alone_can_read_it(
        self, ann: httpx.AsyncClient, subscribe: Subscribe, remind: Remind, push_service: PushService, outbox: Any
    ) -> None:
        subscription = await subscribe(ann)
        task_id = await remind(ann, "Buy milk")

        (message,) = await push_service.messages(subscription["endpoint"])
        content, headers = message["content"], message["headers"]
        assert content == {
            "title": "Buy milk",
            "body": "",
            "url": f"/all?task={task_id}",
            "tag": headers["Topic"],
            "unread": 1,
        }
        assert (headers["TTL"], headers["Urgency"]) == ("86400", "high")
        assert await push_service.refusals() == []
        assert await outbox.count_documents({}) == 0

    async def test_reaches_every_browser_of_the_user_and_nobody_elses(
        self,
        ann: httpx.AsyncClient,
        bob: httpx.AsyncClient,
        subscribe: Subscribe,
        remind: Remind,
        push_service: PushService,
    ) -> None:
        mine = [await subscribe(ann), await subscribe(ann)]
        his = await subscribe(bob)
        await remind(ann)

        topics = []
        for subscription in mine:
            (message,) = await push_service.messages(subscription["endpoint"])
            topics.append(message["headers"]["Topic"])
        assert topics[0] != topics[1]
        assert await push_service.messages(his["endpoint"]) == []

    async def test_says_how_many_are_unread(
        self, ann: httpx.AsyncClient, subscribe: Subscribe, remind: Remind, push_service: PushService
    ) -> None:
        subscription = await subscribe(ann)
        for title in ("Buy milk", "Buy bread"):
            await remind(ann, title)

        messages = await push_service.messages(subscription["endpoint"])
        assert [message["content"]["unread"] for message in messages] == [1, 2]

    async def test_of_the_longest_title_fits_into_a_push(
        self, ann: httpx.AsyncClient, subscribe: Subscribe, remind: Remind, push_service: PushService
    ) -> None:
        subscription = await subscribe(ann)
        await remind(ann, "\U0001f95b" * 500)

        (message,) = await push_service.messages(subscription["endpoint"])
        assert message["content"]["title"] == "\U0001f95b" * 500
        assert message["size"] <= 4_096

    async def test_that_is_told_again_carries_the_same_tag_and_topic(
        self,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        channel: Channel,
        push_service: PushService,
        clock: FakeClock,
    ) -> None:
        subscription = await subscribe(ann)
        message, recipient = await make_message(ann, subscription, clock)
        for _ in range(2):
            await channel.deliver(message, recipient)

        first, second = await push_service.messages(subscription["endpoint"])
        assert first["content"]["tag"] == first["headers"]["Topic"] == make_topic(message)
        assert second["content"] == first["content"]

    async def test_is_not_pushed_to_those_who_do_not_want_it(
        self, ann: httpx.AsyncClient, subscribe: Subscribe, remind: Remind, push_service: PushService
    ) -> None:
        await subscribe(ann)
        patch = {"channels": {"reminder": {"push": False}}}
        assert (await ann.patch("/api/v1/me/notification-settings", json=patch)).status_code == 200
        await remind(ann)

        assert await push_service.request_count() == 0


async def make_message(
    user: httpx.AsyncClient, subscription: dict[str, Any], clock: FakeClock
) -> tuple[Message, Recipient]:
    """A reminder for one subscription, as the courier hands it over."""
    user_id, address = UUID((await user.get("/api/v1/me")).json()["id"]), subscription["id"]
    key = derive_id(user_id, "reminder", "7", "", f"push:{address}")
    content = {"title": "Buy milk", "due": None, "due_at": None}
    message = Message(key, "reminder", str(UUID(int=7)), clock.now(), content)
    return message, Recipient(user_id, "Ann", None, "en", "UTC", address)


class TestASessionThatHasEnded:
    async def test_is_pushed_nothing_any_more(
        self,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        remind: Remind,
        sign_in: Any,
        push_service: PushService,
        raw_database: RawDatabase,
    ) -> None:
        gone, stays = await subscribe(ann), await sign_in("ann@example.com")
        kept = await subscribe(stays)
        assert (await ann.post("/api/v1/auth/logout")).status_code == 204
        await remind(stays)

        assert await push_service.messages(gone["endpoint"]) == []
        assert len(await push_service.messages(kept["endpoint"])) == 1
        (left,) = await raw_database["push_subscriptions"].find().to_list()
        assert str(left["_id"]) == kept["id"]

    async def test_is_so_too_when_it_has_expired_and_nobody_has_removed_it(
        self,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        channel: Channel,
        push_service: PushService,
        raw_database: RawDatabase,
        clock: FakeClock,
    ) -> None:
        subscription = await subscribe(ann)
        message, recipient = await make_message(ann, subscription, clock)
        clock.advance(days=31)
        await channel.deliver(message, recipient)

        assert await push_service.request_count() == 0
        assert await raw_database["push_subscriptions"].count_documents({}) == 0

    async def test_leaves_the_browser_to_the_session_that_has_subscribed_it_since(
        self, ann: httpx.AsyncClient, browser_of: Any, sign_in: Any, remind: Remind, push_service: PushService
    ) -> None:
        browser = await browser_of()
        assert (await ann.post(SUBSCRIPTIONS, json=browser)).status_code == 201
        again = await sign_in("ann@example.com")
        assert (await again.post(SUBSCRIPTIONS, json=browser)).status_code == 201
        assert (await ann.post("/api/v1/auth/logout")).status_code == 204
        await remind(again)

        assert len(await push_service.messages(browser["endpoint"])) == 1


class TestASubscriptionThatIsOver:
    @pytest.mark.parametrize("status", [404, 410])
    async def test_is_forgotten_and_nothing_is_left_to_do(
        self,
        status: int,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        remind: Remind,
        push_service: PushService,
        metrics: OutboxMetrics,
        outbox: Any,
    ) -> None:
        await subscribe(ann)
        await push_service.answer(status)
        await remind(ann)

        assert (await ann.get(SUBSCRIPTIONS)).json() == {"items": []}
        assert await outbox.count_documents({}) == 0
        assert (count(metrics, "delivered"), count(metrics, "dead")) == (1, 0)

    async def test_that_was_removed_meanwhile_is_pushed_nothing(
        self,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        channel: Channel,
        push_service: PushService,
        clock: FakeClock,
    ) -> None:
        subscription = await subscribe(ann)
        message, recipient = await make_message(ann, subscription, clock)
        assert (await ann.delete(f"{SUBSCRIPTIONS}/{subscription['id']}")).status_code == 204
        await channel.deliver(message, recipient)

        assert await push_service.request_count() == 0


class TestAPushServiceThatRefuses:
    @pytest.mark.parametrize("status", [302, 413])
    async def test_a_message_is_asked_once(
        self,
        status: int,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        remind: Remind,
        push_service: PushService,
        outbox: Any,
    ) -> None:
        await subscribe(ann)
        await push_service.answer(status, Location=f"{push_service.origin}/push/elsewhere")
        await remind(ann)

        entry = await outbox.find_one({})
        assert (entry["state"], entry["last_error"]) == ("dead", f"the push service answered {status}")
        assert await push_service.request_count() == 1
        assert len((await ann.get(SUBSCRIPTIONS)).json()["items"]) == 1

    @pytest.mark.parametrize("status", [400, 405, 415, 422])
    async def test_a_subscription_is_troubled_no_more(
        self,
        status: int,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        remind: Remind,
        push_service: PushService,
        outbox: Any,
    ) -> None:
        """Each of its messages would be refused, and kept for administrators, who can do nothing about it."""
        await subscribe(ann)
        await push_service.answer(status)
        with capture_logs() as logs:
            await remind(ann)
            await remind(ann, "Buy bread")

        assert await push_service.request_count() == 1
        assert (await ann.get(SUBSCRIPTIONS)).json() == {"items": []}
        assert await outbox.count_documents({}) == 0
        told = [(log["service"], log["status"]) for log in logs if log["event"] == "push_subscription_refused"]
        assert told == [(push_service.origin, status)]

    @pytest.mark.parametrize("status", [401, 403])
    async def test_the_key_is_told_to_the_operator_once_and_leaves_nothing_behind(
        self,
        status: int,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        remind: Remind,
        push_service: PushService,
        outbox: Any,
    ) -> None:
        """Pushes are stale before anybody has mended the key; the subscriptions are those of the right one."""
        await subscribe(ann)
        await push_service.answer(status)
        with capture_logs() as logs:
            await remind(ann)
            await remind(ann, "Buy bread")

        assert await push_service.request_count() == 2
        assert await outbox.count_documents({}) == 0
        assert len((await ann.get(SUBSCRIPTIONS)).json()["items"]) == 1
        told = [(log["service"], log["status"]) for log in logs if log["event"] == "push_key_refused"]
        assert told == [(push_service.origin, status)]

    @pytest.mark.parametrize(("status", "seconds"), [(429, 600), (500, 0), (503, 120)])
    async def test_for_now_is_asked_again_when_it_wants(
        self,
        status: int,
        seconds: int,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        remind: Remind,
        push_service: PushService,
        outbox: Any,
        clock: FakeClock,
        courier: Courier,
    ) -> None:
        subscription = await subscribe(ann)
        await push_service.answer(status, **({"Retry-After": str(seconds)} if seconds else {}))
        await remind(ann)
        entry = await outbox.find_one({})
        assert (entry["state"], entry["attempts"]) == ("waiting", 1)
        assert seconds <= (entry["due_at"] - clock.now()).total_seconds() <= seconds + 10

        await push_service.behave()
        clock.set(entry["due_at"])
        await push_service.set_clock(clock.now())
        await work_off(courier)
        assert len(await push_service.messages(subscription["endpoint"])) == 1

    async def test_whose_key_is_another_one_is_so_told(
        self,
        ann: httpx.AsyncClient,
        push_service: PushService,
        remind: Remind,
    ) -> None:
        """The control: the service of these tests does look at the key."""
        stranger = await push_service.subscribe("BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT")
        assert (await ann.post(SUBSCRIPTIONS, json=stranger)).status_code == 201
        with capture_logs() as logs:
            await remind(ann)

        assert await push_service.refusals() == ["another key than the one that the browser subscribed with"]
        assert "push_key_refused" in {log["event"] for log in logs}

    async def test_because_its_clock_is_another_one_gets_a_token_that_lasts_for_hours(
        self,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        channel: Channel,
        push_service: PushService,
        clock: FakeClock,
    ) -> None:
        subscription = await subscribe(ann)
        message, recipient = await make_message(ann, subscription, clock)
        clock.advance(hours=-11)
        await channel.deliver(message, recipient)
        clock.advance(hours=22)
        await channel.deliver(message, recipient)

        assert await push_service.refusals() == []


class TestAPushServiceThatPlaysForTime:
    @pytest.fixture
    async def hasty(self, app: FastAPI, settings: Settings) -> Any:
        """The channel with a deadline that suits a test."""
        setup, store = read_push_setup(settings), app.state.store
        assert setup.key is not None
        async with open_checked_http(
            CheckedAddresses(AddressPolicy(allows_loopback=True), SystemNames().resolve), 5
        ) as http:
            sender = PushSender(http, store.clock, timeout_seconds=0.3)
            yield PushChannel(store.database, sender, setup.key, store.clock, allows_loopback=True)

    @pytest.mark.parametrize("body", ["never", "drip"])
    async def test_is_left_alone_at_the_deadline(
        self,
        body: Behaviour,
        hasty: PushChannel,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        push_service: PushService,
        clock: FakeClock,
    ) -> None:
        message, recipient = await make_message(ann, await subscribe(ann), clock)
        await push_service.answer(201, body)
        with pytest.raises(TemporaryDeliveryError, match="no answer"):
            await hasty.deliver(message, recipient)

    @pytest.mark.parametrize(("status", "is_accepted"), [(201, True), (503, False)])
    async def test_by_an_answer_without_end_is_taken_at_its_status(
        self,
        status: int,
        is_accepted: bool,
        channel: Channel,
        ann: httpx.AsyncClient,
        subscribe: Subscribe,
        push_service: PushService,
        clock: FakeClock,
    ) -> None:
        message, recipient = await make_message(ann, await subscribe(ann), clock)
        await push_service.answer(status, "endless")
        async with asyncio.timeout(5):
            if is_accepted:
                await channel.deliver(message, recipient)
            else:
                with pytest.raises(TemporaryDeliveryError, match="503"):
                    await channel.deliver(message, recipient)

    async def test_and_is_gone_altogether_is_tried_again(
        self, channel: Channel, ann: httpx.AsyncClient, browser_of: Any, clock: FakeClock
    ) -> None:
        browser = await browser_of()
        browser["endpoint"] = "http://127.0.0.1:9/push/nobody"
        subscription = (await ann.post(SUBSCRIPTIONS, json=browser)).json()
        message, recipient = await make_message(ann, subscription, clock)
        with pytest.raises(TemporaryDeliveryError, match="ConnectError"):
            await channel.deliver(message, recipient)
