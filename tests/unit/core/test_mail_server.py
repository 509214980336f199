"""What the settings of mails may be."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.mail_server import MailServer, Sender
from app.core.settings import PREFIX, Settings, SettingsError, load_settings

SECRET = "hunter2-hunter2"

Load = Callable[..., Settings]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Sets variables and loads in the local profile; names are given without the prefix."""

    def load(**variables: str) -> Settings:
        for name, value in {"PROFILE": "local", **variables}.items():
            monkeypatch.setenv(PREFIX + name, value)
        return load_settings()

    return load


class TestTheAddressOfAServer:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("smtp://mail.example", MailServer("mail.example", 587, "starttls")),
            ("smtp://mail.example:25?starttls=never", MailServer("mail.example", 25, "none")),
            ("smtps://mail.example", MailServer("mail.example", 465, "tls")),
            ("smtps://ann:pass@mail.example:2465/", MailServer("mail.example", 2465, "tls", "ann", "pass")),
            ("smtp://a%40b:p%3A%2F%40@mail.example", MailServer("mail.example", 587, "starttls", "a@b", "p:/@")),
            ("smtp://localhost:1025", MailServer("localhost", 1025, "none")),
            ("smtp://ann:pass@127.0.0.1", MailServer("127.0.0.1", 587, "none", "ann", "pass")),
            ("smtp://[::1]?starttls=required", MailServer("::1", 587, "starttls")),
        ],
    )
    def test_tells_host_port_encryption_and_sign_in(self, url: str, expected: MailServer) -> None:
        assert MailServer.parse(url) == expected

    @pytest.mark.parametrize(
        "url",
        [
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://mail.example/inbox",
            "smtp://mail.example#x",
            "smtp://mail.example?starttls=maybe",
            "smtp://mail.example?starttls=",
            "smtp://mail.example?tls=1",
            "smtps://mail.example?starttls=required",
            "smtp://mail.example:0",
            "smtp://mail.example:65536",
            "smtp://ann@mail.example",
            "smtp://:pass@mail.example",
            "smtp://ann:%0D%0A@mail.example",
            "smtp://ann:%ff@mail.example",
            "smtp://ann:pass@mail.example?starttls=never",
        ],
    )
    def test_is_refused_otherwise(self, url: str) -> None:
        with pytest.raises(ValueError, match=r".+"):
            MailServer.parse(url)

    def test_shows_no_password(self) -> None:
        assert SECRET not in repr(MailServer.parse(f"smtps://ann:{SECRET}@mail.example"))


class TestTheSender:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("no-reply@tasks.example", Sender("Taskfleet", "no-reply@tasks.example")),
            ("Our tasks <no-reply@tasks.example>", Sender("Our tasks", "no-reply@tasks.example")),
            ('"Tasks, ours" <tasks@localhost>', Sender("Tasks, ours", "tasks@localhost")),
            ("Täglich <tasks@tasks.example>", Sender("Täglich", "tasks@tasks.example")),
        ],
    )
    def test_has_a_name_and_an_address(self, text: str, expected: Sender) -> None:
        assert Sender.parse(text) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "tasks",
            "a@b.example, c@d.example",
            "Tasks <a@b.example>, <c@d.example>",
            "Tasks\r\nBcc: eve@example.com <a@b.example>",
            "täglich@tasks.example",
            "a@",
            "<>",
        ],
    )
    def test_is_refused_otherwise(self, text: str) -> None:
        with pytest.raises(ValueError, match="must look like"):
            Sender.parse(text)


class TestTheStart:
    def test_takes_both_settings_or_none_or_the_sender_alone(self, configure: Load) -> None:
        assert configure().notifications.mail is None
        assert configure(MAIL_FROM="a@b.example").notifications.mail is None
        mail = configure(MAIL_FROM="a@b.example", SMTP_URL="smtps://mail.example").notifications.mail
        assert mail == (MailServer("mail.example", 465, "tls"), Sender("Taskfleet", "a@b.example"))

    def test_is_refused_without_a_sender(self, configure: Load) -> None:
        with pytest.raises(SettingsError, match="TASKFLEET_SMTP_URL needs TASKFLEET_MAIL_FROM"):
            configure(SMTP_URL="smtps://mail.example")

    @pytest.mark.parametrize(
        ("variables", "named"),
        [
            ({"SMTP_URL": f"smtp://ann:{SECRET}/x@mail.example"}, "TASKFLEET_SMTP_URL"),
            ({"SMTP_URL": f"smtp://ann:{SECRET}@mail.example?starttls=never"}, "TASKFLEET_SMTP_URL"),
            ({"SMTP_URL": "smtps://mail.example", "MAIL_FROM": "nobody"}, "TASKFLEET_MAIL_FROM"),
        ],
    )
    def test_names_what_is_wrong_and_no_password(
        self,
        configure: Load,
        variables: dict[str, str],
        named: str,
    ) -> None:
        with pytest.raises(SettingsError, match=named) as caught:
            configure(**{"MAIL_FROM": "a@b.example", **variables})

        assert SECRET not in str(caught.value)

    def test_takes_the_address_from_a_file(self, configure: Load, tmp_path: Path) -> None:
        file = tmp_path / "smtp-url"
        file.write_text("smtps://ann:pass@mail.example\n", encoding="utf-8")
        mail = configure(MAIL_FROM="a@b.example", SMTP_URL_FILE=str(file)).notifications.mail

        assert mail is not None
        assert mail[0].password == "pass"
