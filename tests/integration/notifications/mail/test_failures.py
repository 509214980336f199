"""A mail server that refuses, is slow, or goes away: what is tried again, and what is not."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from app.core.errors import ServiceUnavailableError
from app.core.metrics import OutboxMetrics
from app.data.store import Store
from app.notifications.channel import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError
from app.notifications.courier import Courier
from app.notifications.mail import connections
from app.notifications.mail.channel import MailChannel
from tests.fakes.clock import FakeClock
from tests.fakes.mail_server import MailServer
from tests.integration.notifications.conftest import Plan, work_off
from tests.integration.notifications.mail.conftest import Open, make_message, make_recipient
from tests.waiting import until

STEPS = ["MAIL", "RCPT", "DATA"]


async def fail(channel: MailChannel, user_id: UUID, **recipient: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.deliver(make_message(), make_recipient(user_id, **recipient))
    return caught.value


def deliver(channel: MailChannel, user_id: UUID) -> asyncio.Task[None]:
    return asyncio.create_task(channel.deliver(make_message(), make_recipient(user_id)))


class TestARefusalOfOneMail:
    @pytest.mark.parametrize("step", STEPS)
    async def test_by_4xx_is_tried_again(
        self, step: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        await mail_server.play(replies={step: "450 4.2.1 ann@example.com has too much mail"})

        error = await fail(channel, user_id)

        assert isinstance(error, TemporaryDeliveryError)
        assert str(error).endswith("refused: 450 4.2.1")

    @pytest.mark.parametrize("step", ["RCPT", "DATA"])
    async def test_by_5xx_is_final(
        self, step: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        await mail_server.play(replies={step: "550 5.1.1 <ann@example.com>: no such user"})

        error = await fail(channel, user_id)

        assert isinstance(error, PermanentDeliveryError)
        assert str(error).endswith("refused: 550 5.1.1")

    @pytest.mark.parametrize("step", STEPS)
    async def test_leaves_the_connection_to_the_next_one(
        self, step: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        before = await mail_server.connections()
        await mail_server.play(replies={step: "550 no"})
        await fail(channel, user_id)
        await mail_server.play()
        await channel.deliver(make_message(), make_recipient(user_id))

        (mail,) = await mail_server.collect()
        assert mail.recipients == ["ann@example.com"]  # and not twice
        assert await mail_server.connections() == before + 1

    @pytest.mark.parametrize("reply", ["450 try <ann@example.com> later", "550 4.2.1x ann@example.com", "571 ann"])
    async def test_is_told_without_the_words_of_the_server(
        self, reply: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        """Which may name the recipient; administrators see the code."""
        await mail_server.play(replies={"RCPT": reply})

        assert str(await fail(channel, user_id)) == f"the recipient was refused: {reply[:3]}"

    @pytest.mark.parametrize("step", STEPS)
    async def test_by_421_is_tried_again(
        self, step: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        await mail_server.play(replies={step: "421 4.3.2 shutting down"})

        assert isinstance(await fail(channel, user_id), TemporaryDeliveryError)


class TestARefusalOfAllMails:
    @pytest.mark.parametrize("reply", ["421 4.7.0 too many connections", "554 5.7.1 not from your address"])
    async def test_at_the_connection_is_tried_again(
        self, reply: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        """For administrators to mend: it says nothing about this mail."""
        await mail_server.play(replies={"CONNECT": reply})

        error = await fail(channel, user_id)

        assert isinstance(error, TemporaryDeliveryError)
        assert str(error) == f"the mail server refused us: {reply[:9]}"

    @pytest.mark.parametrize("reply", ["550 5.1.1 no such user", "553 no", "501 5.5.4 no such option"])
    async def test_because_of_the_sender_is_tried_again(
        self, reply: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        """Which is the same in all mails."""
        await mail_server.play(replies={"MAIL": reply})

        error = await fail(channel, user_id)

        assert isinstance(error, TemporaryDeliveryError)
        assert str(error).startswith(f"the sender was refused: {reply[:3]}")

    @pytest.mark.parametrize("step", STEPS)
    @pytest.mark.parametrize("code", ["5.1.7", "5.1.8", "5.4.5", "5.7.0", "5.7.1", "5.7.26"])
    async def test_that_is_told_by_its_code_is_tried_again_whenever_it_comes(
        self, step: str, code: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        """Servers wait with it for the recipient or the content: too many mails, a list that we are on."""
        await mail_server.play(replies={step: f"550 {code} not from you"})

        error = await fail(channel, user_id)

        assert isinstance(error, TemporaryDeliveryError)
        assert str(error).endswith(f"refused: 550 {code}")

    @pytest.mark.parametrize("code", ["5.1.10", "5.1.6", "5.4.4", "5.6.7", "5.2.1"])
    async def test_is_not_what_other_codes_tell(
        self, code: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        """The control."""
        await mail_server.play(replies={"RCPT": f"550 {code} no"})

        assert isinstance(await fail(channel, user_id), PermanentDeliveryError)

    async def test_that_cannot_be_read_is_tried_again_on_another_connection(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        await mail_server.play(replies={"RCPT": "ok"})
        error = await fail(channel, user_id)
        before = await mail_server.connections()
        await mail_server.play()
        await channel.deliver(make_message(), make_recipient(user_id))

        assert isinstance(error, TemporaryDeliveryError)
        assert str(error) == "the mail server answered what cannot be read"
        assert await mail_server.connections() == before + 1


class TestASignIn:
    async def test_with_the_wrong_password_is_tried_again_and_tells_no_password(
        self, open_channel: Open, user_id: UUID
    ) -> None:
        async with MailServer(user="ann", password="right") as server:
            channel = await open_channel(f"smtp://ann:wrong@127.0.0.1:{server.port}")
            error = await fail(channel, user_id)

            assert isinstance(error, TemporaryDeliveryError)
            assert str(error) == "the mail server refused us: 535 5.7.8"

            channel = await open_channel(f"smtp://ann:right@127.0.0.1:{server.port}")
            await channel.deliver(make_message(), make_recipient(user_id))
            (mail,) = await server.collect()
            assert mail.user == "ann"


class TestAServerThatIsAway:
    async def test_is_asked_again_later(self, channel: MailChannel, mail_server: MailServer, user_id: UUID) -> None:
        await mail_server.stop()

        error = await fail(channel, user_id)

        assert isinstance(error, TemporaryDeliveryError)
        assert str(error) == "the mail server is away, or closed the connection"

    @pytest.mark.parametrize("step", ["CONNECT", *STEPS])
    async def test_midway_is_asked_again_later(
        self, step: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        await mail_server.play(closes_at=step)

        error = await fail(channel, user_id)

        assert isinstance(error, TemporaryDeliveryError)
        assert str(error) == "the mail server is away, or closed the connection"

    @pytest.mark.parametrize("step", ["CONNECT", *STEPS])
    async def test_for_an_answer_is_asked_again_later(
        self,
        step: str,
        channel: MailChannel,
        mail_server: MailServer,
        user_id: UUID,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await mail_server.play(hangs_at=step)
        monkeypatch.setattr(connections, "SEND_SECONDS", 0.2)

        error = await fail(channel, user_id)

        assert isinstance(error, TemporaryDeliveryError)
        assert str(error) == "the mail server did not answer in time"

    async def test_before_a_mail_on_a_kept_connection_does_not_hold_it_up(
        self,
        channel: MailChannel,
        mail_server: MailServer,
        user_id: UUID,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What timed out is not used again: its answer may come as that to another mail."""
        await mail_server.play(hangs_at="DATA")
        with monkeypatch.context() as patch:
            patch.setattr(connections, "SEND_SECONDS", 0.2)
            await fail(channel, user_id)
        await mail_server.play()
        await channel.deliver(make_message(), make_recipient(user_id))

        assert len(await mail_server.collect()) == 1


class TestAServerThatIsSlow:
    """All connections wait for it, and so do other mails."""

    @pytest.fixture
    async def hanging(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[Sequence[asyncio.Task[None]]]:
        """Mails that hold every connection for a second; other mails would go through at once."""
        monkeypatch.setattr(connections, "SEND_SECONDS", 1.0)
        await mail_server.play(hangs_at="CONNECT")
        before = await mail_server.connections()
        deliveries = [deliver(channel, user_id) for _ in range(connections.MAX_CONNECTIONS)]

        async def are_connected() -> bool:
            return await mail_server.connections() == before + len(deliveries)

        await until(are_connected)
        await mail_server.play()
        yield deliveries
        for delivery in deliveries:
            delivery.cancel()
        await asyncio.gather(*deliveries, return_exceptions=True)

    async def test_has_them_wait_for_a_while_which_is_no_attempt(
        self,
        hanging: Sequence[asyncio.Task[None]],
        channel: MailChannel,
        user_id: UUID,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(connections, "WAIT_SECONDS", 0.05)

        with pytest.raises(ServiceUnavailableError, match="in use"):
            await deliver(channel, user_id)

        assert not any(delivery.done() for delivery in hanging)

    async def test_takes_nothing_from_the_time_of_those_that_waited(
        self,
        hanging: Sequence[asyncio.Task[None]],
        channel: MailChannel,
        mail_server: MailServer,
        user_id: UUID,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(connections, "WAIT_SECONDS", 10.0)

        await deliver(channel, user_id)

        assert len(await mail_server.collect()) == 1
        ends = await asyncio.gather(*hanging, return_exceptions=True)
        assert {str(end) for end in ends} == {"the mail server did not answer in time"}


class TestAnAddress:
    @pytest.mark.parametrize(
        "email",
        [
            "ann@example.com>\r\nRCPT TO:<bob@example.com",
            "ann@example.com, bob@example.com",
            "<ann@example.com>",
            "ann bob@example.com",
            "ann@exämple.com",
            "ann",
            "@example.com",
            '"ann"@example.com',
        ],
    )
    async def test_that_no_mail_can_be_sent_to_is_final_and_never_reaches_the_server(
        self, email: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        before = await mail_server.connections()

        error = await fail(channel, user_id, email=email)

        assert isinstance(error, PermanentDeliveryError)
        assert str(error) == "the address cannot be written in a mail"
        assert await mail_server.connections() == before

    async def test_beyond_ascii_is_final_where_the_server_takes_none(self, open_channel: Open, user_id: UUID) -> None:
        async with MailServer(is_international=False) as server:
            channel = await open_channel(f"smtp://127.0.0.1:{server.port}")
            error = await fail(channel, user_id, email="jürgen@example.com")

            assert isinstance(error, PermanentDeliveryError)
            assert str(error) == "the mail server takes no addresses beyond ASCII"


class TestTheOutbox:
    @pytest.fixture
    def courier(self, store: Store, channel: MailChannel, metrics: OutboxMetrics) -> Courier:
        """A courier with the channel of mails."""
        return Courier(store, [channel], metrics)

    async def test_leaves_half_of_the_connections_to_what_is_not_sent_in_bulk(self, courier: Courier) -> None:
        assert 2 * courier.lanes["email.bulk"]._slots <= connections.MAX_CONNECTIONS
        assert courier.lanes["email"]._slots > connections.MAX_CONNECTIONS, "the control: others take what there is"

    async def test_keeps_a_mail_until_the_server_is_back(
        self, courier: Courier, mail_server: MailServer, plan: Plan, outbox: Any, clock: FakeClock
    ) -> None:
        await mail_server.stop()
        await plan()
        await work_off(courier)
        entry = await outbox.find_one({})
        assert (entry["lane"], entry["state"], entry["attempts"]) == ("email", "waiting", 1)
        assert entry["last_error"] == "the mail server is away, or closed the connection"

        await mail_server.start()
        clock.set(entry["due_at"])
        await work_off(courier)

        (mail,) = await mail_server.collect()
        assert mail.parse()["Message-ID"] == f"<{entry['_id']}@mail.tasks.example>"
        assert await outbox.count_documents({}) == 0

    async def test_keeps_a_refused_mail_for_administrators(
        self, courier: Courier, mail_server: MailServer, plan: Plan, outbox: Any
    ) -> None:
        await mail_server.play(replies={"RCPT": "550 5.1.1 no such user"})
        await plan()
        await work_off(courier)

        entry = await outbox.find_one({})
        assert (entry["state"], entry["last_error"]) == ("dead", "the recipient was refused: 550 5.1.1")

    async def test_counts_no_attempt_for_a_mail_that_found_no_connection(
        self, courier: Courier, channel: MailChannel, plan: Plan, outbox: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "WAIT_SECONDS", 0.0)
        monkeypatch.setattr(channel._connections, "_slots", asyncio.Semaphore(0))
        await plan()
        await work_off(courier)

        entry = await outbox.find_one({})
        assert (entry["lane"], entry["state"], entry["attempts"]) == ("email", "waiting", 0)
        assert entry["last_error"] == "ServiceUnavailableError"
