"""What the mail server is handed."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from app.data.store import Store
from app.notifications.mail import connections
from app.notifications.mail.channel import MailChannel
from app.notifications.preference_repository import PreferenceRepository
from app.notifications.preferences import Preferences
from tests.factories.users import insert_user
from tests.fakes.clock import START
from tests.fakes.mail_server import HOST, MailServer
from tests.integration.notifications.conftest import RawDatabase
from tests.integration.notifications.mail.conftest import Open, make_digest, make_message, make_recipient
from tests.waiting import until


class TestAReminder:
    async def test_arrives_with_what_programs_read(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        message = make_message()
        await channel.deliver(message, make_recipient(user_id))

        (mail,) = await mail_server.collect()
        headers = mail.parse()
        assert (mail.sender, mail.recipients) == ("no-reply@mail.tasks.example", ["ann@example.com"])
        assert headers["From"] == "Taskfleet <no-reply@mail.tasks.example>"
        assert headers["To"] == "Ann <ann@example.com>"
        assert headers["Subject"] == "Buy milk"
        assert headers["Message-ID"] == f"<{message.key}@mail.tasks.example>"
        assert headers["Auto-Submitted"] == "auto-generated"
        assert headers["Date"].datetime == START.replace(microsecond=0)
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = headers["List-Unsubscribe"]
        assert link.startswith("<https://tasks.example/api/v1/notifications/unsubscribe?token=")

    async def test_says_the_same_as_text_and_as_html(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        due = {"date": "2026-12-01", "time": "09:30", "timezone": None}
        title = 'Read <b>"Faust"</b> & 漢字'
        await channel.deliver(make_message(title=title, due=due, due_at=START), make_recipient(user_id))

        (mail,) = await mail_server.collect()
        text, html = mail.texts
        assert mail.parse()["Subject"] == title
        assert text.splitlines()[0] == title
        assert "Read &lt;b&gt;&quot;Faust&quot;&lt;/b&gt; &amp; 漢字" in html
        assert "<b>" not in html
        for part in (text, html):
            assert "(Europe/Paris)" in part
            assert "https://tasks.example/unsubscribe?token=" in part
            assert "/api/" not in part  # a GET by whoever looks at links changes nothing

    async def test_leads_to_the_task(self, channel: MailChannel, mail_server: MailServer, user_id: UUID) -> None:
        """As the push of the same does."""
        task_id = str(UUID(int=7))
        await channel.deliver(make_message(subject=task_id), make_recipient(user_id))

        (mail,) = await mail_server.collect()
        text, html = mail.texts
        url = f"https://tasks.example/all?task={task_id}"
        assert f"Open the task: {url}" in text.splitlines()
        assert f'<p><a href="{url}">Open the task</a></p>' in html.splitlines()

    async def test_with_a_long_title_tells_all_of_it_in_the_text_alone(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        title = "Prüfen " * 70 + "Ende"
        await channel.deliver(make_message(title=title), make_recipient(user_id))

        (mail,) = await mail_server.collect()
        assert mail.parse()["Subject"] == f"{title[:149]}…"
        assert mail.texts[0].splitlines()[0] == title

    async def test_is_the_same_mail_when_it_is_told_again(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        for _ in range(2):
            await channel.deliver(make_message(), make_recipient(user_id))

        first, second = await mail_server.collect()
        assert first.content == second.content


class TestADigest:
    async def test_says_what_there_is_to_do(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        await channel.deliver(make_digest(), make_recipient(user_id))

        (mail,) = await mail_server.collect()
        assert mail.parse()["Subject"] == "Your day: 1 due today"
        assert "Today: Buy milk" in mail.texts[0].splitlines()
        assert "Open your tasks: https://tasks.example/today" in mail.texts[0].splitlines()
        assert '<p dir="auto">Today: Buy milk</p>' in mail.texts[1].splitlines()


class TestWhatAStrangerWrote:
    async def test_is_shown_and_nothing_else(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        """The name of a browser, which is whatever its user says."""
        agent = "Firefox\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>"
        await channel.deliver(make_message("security.new-device", user_agent=agent), make_recipient(user_id))

        (mail,) = await mail_server.collect()
        text, html = mail.texts
        assert mail.recipients == ["ann@example.com"]
        assert mail.parse()["Bcc"] is None
        assert "Bcc: eve@example.com" in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "<script" not in html


class TestMailsThatCannotBeStopped:
    @pytest.mark.parametrize("occasion", ["security.new-device", "security.refresh-token-reused", "welcome"])
    async def test_offer_no_way_to(
        self, occasion: str, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        await channel.deliver(make_message(occasion, user_agent="Firefox"), make_recipient(user_id))

        (mail,) = await mail_server.collect()
        assert mail.parse()["List-Unsubscribe"] is None
        assert mail.parse()["List-Unsubscribe-Post"] is None
        assert "unsubscribe" not in "".join(mail.texts)


class TestAnAccount:
    async def test_without_an_address_is_sent_nothing(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        assert await channel.addresses_of(user_id, None) == ()
        await channel.deliver(make_message(), make_recipient(user_id, email=None))

        assert await mail_server.collect() == []

    async def test_has_one_address_whichever_it_is(self, channel: MailChannel, user_id: UUID) -> None:
        """So that a mail which waits goes to the address that the account has by then."""
        assert await channel.addresses_of(user_id, "ann@example.com") == ("",)

    async def test_that_wants_no_such_mails_any_more_is_sent_nothing(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID, raw_database: RawDatabase
    ) -> None:
        """Whatever waited since it was planned."""
        await raw_database["notification_settings"].update_one({}, {"$set": {"channels.reminder": ["push"]}})
        await channel.deliver(make_message(), make_recipient(user_id))

        assert await mail_server.collect() == []

    async def test_that_never_chose_is_told_its_digest_and_has_chosen_nothing_by_that(
        self, channel: MailChannel, mail_server: MailServer, raw_database: RawDatabase, store: Store
    ) -> None:
        user_id = await insert_user(raw_database, email="ann@example.com")
        await channel.deliver(make_digest(), make_recipient(user_id))

        assert len(await mail_server.collect()) == 1
        preferences = await PreferenceRepository(store.database).find(user_id)
        assert preferences.unsubscribe_key is not None
        assert replace(preferences, unsubscribe_key=None) == Preferences()
        user = await raw_database["users"].find_one({"_id": user_id})
        assert user is not None
        assert user["revision"] == 0  # for clients to fetch nothing

    async def test_that_is_being_erased_is_sent_nothing_and_leaves_no_key(
        self, channel: MailChannel, mail_server: MailServer, raw_database: RawDatabase
    ) -> None:
        user_id = await insert_user(raw_database, email="ann@example.com", deleted_at=START)
        await channel.deliver(make_digest(), make_recipient(user_id))

        assert await mail_server.collect() == []
        assert await raw_database["notification_settings"].count_documents({}) == 0

    async def test_gets_one_key_however_many_mails_go_out_at_once(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        messages = [make_message(subject=str(number)) for number in range(5)]
        await asyncio.gather(*(channel.deliver(message, make_recipient(user_id)) for message in messages))

        links = {mail.parse()["List-Unsubscribe"] for mail in await mail_server.collect()}
        assert len(links) == 1


class TestAnAddressBeyondASCII:
    async def test_is_written_as_it_is_where_the_server_takes_it(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        await channel.deliver(make_message(), make_recipient(user_id, email="jürgen@example.com", name="Jürgen"))

        (mail,) = await mail_server.collect()
        assert mail.recipients == ["jürgen@example.com"]
        assert mail.options == ["SMTPUTF8", "BODY=8BITMIME"]
        assert "<jürgen@example.com>".encode() in mail.content


class TestConnections:
    async def test_are_used_for_one_mail_after_another(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        before = await mail_server.connections()
        for _ in range(5):
            await channel.deliver(make_message(), make_recipient(user_id))

        assert await mail_server.connections() == before + 1

    async def test_are_few_however_many_mails_go_out_at_once(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        before = await mail_server.connections()
        recipient = make_recipient(user_id)
        await asyncio.gather(*(channel.deliver(make_message(), recipient) for _ in range(40)))

        assert len(await mail_server.collect()) == 40
        assert 1 < await mail_server.connections() - before <= connections.MAX_CONNECTIONS

    async def test_are_made_anew_when_the_server_has_closed_them(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        await channel.deliver(make_message(), make_recipient(user_id))
        await mail_server.stop()
        await mail_server.start()
        await channel.deliver(make_message(), make_recipient(user_id))

        assert len(await mail_server.collect()) == 1

    async def test_are_made_anew_when_the_server_wants_to_end_them(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        before = await mail_server.connections()
        await channel.deliver(make_message(), make_recipient(user_id))
        await mail_server.play(replies={"RSET": "421 4.3.2 too many mails on this connection"})
        await channel.deliver(make_message(), make_recipient(user_id))

        assert len(await mail_server.collect()) == 2
        assert await mail_server.connections() == before + 2

    async def test_end_when_nobody_needs_them(
        self, open_channel: Open, mail_server: MailServer, user_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "IDLE_SECONDS", 0.0)
        channel = await open_channel(f"smtp://{HOST}:{mail_server.port}")
        before = await mail_server.farewells()
        await channel.deliver(make_message(), make_recipient(user_id))

        async def has_been_told() -> bool:
            return await mail_server.farewells() == before + 1

        await until(has_been_told)
        assert channel._connections._idle == []

    async def test_end_with_a_farewell_when_the_process_does(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID
    ) -> None:
        before = await mail_server.farewells()
        await asyncio.gather(*(channel.deliver(make_message(), make_recipient(user_id)) for _ in range(3)))
        count = len(channel._connections._idle)
        await channel._connections.close()

        assert count > 0
        assert await mail_server.farewells() == before + count
        assert channel._connections._timers == {}

    async def test_are_not_held_by_a_server_that_does_not_let_go(
        self, channel: MailChannel, mail_server: MailServer, user_id: UUID, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connections, "IDLE_SECONDS", 0.0)
        monkeypatch.setattr(connections, "_QUIT_SECONDS", 0.05)
        before = await mail_server.farewells()
        await mail_server.play(hangs_at="QUIT")
        await channel.deliver(make_message(), make_recipient(user_id))
        await until(lambda: channel._connections._idle == [])
        async with asyncio.timeout(5):
            await channel._connections.close()  # which waits for the one that is under way

        assert await mail_server.farewells() == before + 1
        assert channel._connections._quitting == set()
