"""A process that has a mail server sends mails, and one that has none leaves them alone."""

from typing import Any

import pytest

from app.core.metrics import Metrics
from app.core.settings import NotificationSettings, Settings
from app.data.store import Store
from app.modules import run_background_work
from app.notifications.module import open_channels
from tests.fakes.mail_server import HOST, MailServer
from tests.integration.notifications.conftest import Plan
from tests.waiting import until


@pytest.fixture
def with_mail(settings: Settings, mail_server: MailServer) -> Settings:
    """Those of a process that has a mail server."""
    url, sender = f"smtp://{HOST}:{mail_server.port}", "Tasks <tasks@mail.example>"
    return settings.model_copy(update={"notifications": NotificationSettings(smtp_url=url, mail_from=sender)})


class TestAProcessWithAMailServer:
    async def test_sends_what_is_due(
        self, with_mail: Settings, store: Store, plan: Plan, outbox: Any, mail_server: MailServer
    ) -> None:
        await plan()

        async def is_done() -> bool:
            return await outbox.count_documents({}) == 0

        async with run_background_work(with_mail, store, Metrics()):
            await until(is_done)

        (mail,) = await mail_server.collect()
        assert mail.parse()["From"] == "Tasks <tasks@mail.example>"


class TestAProcessWithoutAMailServer:
    @pytest.mark.parametrize("mail_from", [None, "tasks@mail.example"])
    async def test_has_no_such_channel(self, mail_from: str | None, settings: Settings, store: Store) -> None:
        """The sender may be in settings that all processes share."""
        without_server = {"notifications": NotificationSettings(mail_from=mail_from)}
        async with open_channels(store, settings.model_copy(update=without_server)) as channels:
            assert "email" not in {channel.name for channel in channels}

    async def test_is_the_only_one(self, with_mail: Settings, store: Store) -> None:
        """The control."""
        async with open_channels(store, with_mail) as channels:
            assert "email" in {channel.name for channel in channels}
