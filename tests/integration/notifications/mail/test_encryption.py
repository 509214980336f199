"""TLS with the mail server: which certificates are taken, and that nothing is sent without it unless allowed."""

import ssl
from pathlib import Path
from uuid import UUID

import pytest

from app.core.mail_server import MailServer as MailServerSettings
from app.notifications.channel import TemporaryDeliveryError
from tests.factories.certificates import make_certificate
from tests.fakes.mail_server import HOST, MailServer
from tests.integration.notifications.mail.conftest import Open, make_message, make_recipient


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of the loopback address, which signs itself."""
    return make_certificate(tmp_path_factory.mktemp("certificates") / "server.pem")


@pytest.fixture
def trusting(certificate: Path) -> ssl.SSLContext:
    """Trusts that certificate alone."""
    return ssl.create_default_context(cafile=certificate)


def url_of(server: MailServer) -> str:
    if server.security == "tls":
        return f"smtps://{HOST}:{server.port}"
    return f"smtp://{HOST}:{server.port}?starttls=required"


@pytest.mark.parametrize("security", ["tls", "starttls"])
class TestAServerWithTLS:
    async def test_gets_the_mail_encrypted(
        self, security: str, certificate: Path, trusting: ssl.SSLContext, open_channel: Open, user_id: UUID
    ) -> None:
        async with MailServer(security=security, certificate=certificate) as server:
            channel = await open_channel(url_of(server), tls=trusting)
            for _ in range(2):
                await channel.deliver(make_message(), make_recipient(user_id))

            assert [mail.is_encrypted for mail in await server.collect()] == [True, True]
            assert await server.connections() == 1

    async def test_that_nobody_vouches_for_gets_nothing(
        self, security: str, certificate: Path, open_channel: Open, user_id: UUID
    ) -> None:
        async with MailServer(security=security, certificate=certificate) as server:
            channel = await open_channel(url_of(server))
            with pytest.raises(TemporaryDeliveryError, match="certificate of the mail server is not valid: self"):
                await channel.deliver(make_message(), make_recipient(user_id))

            assert await server.collect() == []

    async def test_of_another_name_gets_nothing(
        self, security: str, tmp_path: Path, open_channel: Open, user_id: UUID
    ) -> None:
        certificate = make_certificate(tmp_path / "other.pem", address="127.0.0.2")
        trusting = ssl.create_default_context(cafile=certificate)
        async with MailServer(security=security, certificate=certificate) as server:
            channel = await open_channel(url_of(server), tls=trusting)
            with pytest.raises(TemporaryDeliveryError, match="not valid: IP address mismatch"):
                await channel.deliver(make_message(), make_recipient(user_id))

            assert await server.collect() == []

    async def test_whose_certificate_has_expired_gets_nothing(
        self, security: str, tmp_path: Path, open_channel: Open, user_id: UUID
    ) -> None:
        certificate = make_certificate(tmp_path / "old.pem", days=-1)
        trusting = ssl.create_default_context(cafile=certificate)
        async with MailServer(security=security, certificate=certificate) as server:
            channel = await open_channel(url_of(server), tls=trusting)
            with pytest.raises(TemporaryDeliveryError, match="not valid: certificate has expired"):
                await channel.deliver(make_message(), make_recipient(user_id))


class TestAServerWithoutTLS:
    async def test_gets_nothing_where_it_is_required(
        self, mail_server: MailServer, open_channel: Open, user_id: UUID
    ) -> None:
        channel = await open_channel(f"smtp://{HOST}:{mail_server.port}?starttls=required")
        with pytest.raises(TemporaryDeliveryError, match="does not offer what the settings ask for"):
            await channel.deliver(make_message(), make_recipient(user_id))

        assert await mail_server.collect() == []

    async def test_that_is_spoken_to_in_tls_gets_nothing(
        self, mail_server: MailServer, open_channel: Open, user_id: UUID
    ) -> None:
        channel = await open_channel(f"smtps://{HOST}:{mail_server.port}")
        with pytest.raises(TemporaryDeliveryError, match="no TLS with the mail server"):
            await channel.deliver(make_message(), make_recipient(user_id))

    async def test_is_taken_elsewhere_only_if_asked_for(self) -> None:
        assert MailServerSettings.parse("smtp://mail.example").security == "starttls"
        assert MailServerSettings.parse("smtp://mail.example?starttls=never").security == "none"
