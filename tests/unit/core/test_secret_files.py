"""`TASKFLEET_<NAME>_FILE` names a file that holds the secret."""

import json
import os
from pathlib import Path

import pytest

from app.bootstrap import check_servers
from app.core.secret_files import MAX_SECRET_BYTES
from app.core.settings import PREFIX, Settings, SettingsError, load_settings

SECRET = "hunter2-hunter2"
MONGO_URL = f"mongodb://user:{SECRET}@db/?replicaSet=taskfleet"
# What the settings document lists, with a value that each takes.
VALUES = {
    "MONGO_URL": MONGO_URL,
    "REDIS_URL": f"redis://:{SECRET}@cache",
    "GOOGLE_CLIENT_SECRET": SECRET,
    "OIDC_PROVIDERS": json.dumps(
        [{"name": "corp", "title": "Corp", "issuer": "https://a.example", "client_id": "c", "client_secret": SECRET}]
    ),
    "SENTRY_DSN": f"https://{SECRET}@sentry.example/1",
    "OTLP_HEADERS": f"api-key={SECRET}",
    "SMTP_URL": f"smtp://user:{SECRET}@mail",
}


@pytest.fixture(autouse=True)
def _local_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("MONGOD_BINARY", "CACHE_BINARY"):
        monkeypatch.delenv(PREFIX + variable, raising=False)
    monkeypatch.setenv("TASKFLEET_PROFILE", "local")
    monkeypatch.setenv("TASKFLEET_MAIL_FROM", "tasks@mail.example")  # an SMTP_URL needs it


def load_with(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    return load_settings()


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_with(monkeypatch, **variables)
    message = str(caught.value)
    assert "\n" not in message
    assert SECRET not in message
    return message


class TestASecretInAFile:
    @pytest.mark.parametrize("name", VALUES)
    def test_is_taken_as_if_it_stood_in_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
    ) -> None:
        other = {"GOOGLE_CLIENT_ID": "c"} if name == "GOOGLE_CLIENT_SECRET" else {}
        expected = load_with(monkeypatch, **{name: VALUES[name]}, **other)
        monkeypatch.delenv(PREFIX + name)
        (tmp_path / "secret").write_text(VALUES[name], encoding="utf-8")

        assert load_with(monkeypatch, **{f"{name}_FILE": str(tmp_path / "secret")}) == expected

    @pytest.mark.parametrize("end", ["", "\n", "\r\n"])
    def test_ends_ahead_of_a_line_break(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str) -> None:
        (tmp_path / "secret").write_bytes(f"{MONGO_URL}{end}".encode())

        settings = load_with(monkeypatch, MONGO_URL_FILE=str(tmp_path / "secret"))

        assert settings.mongo.url.get_secret_value() == MONGO_URL

    def test_may_end_in_a_line_break_of_its_own(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(f"{SECRET}\n\n", encoding="utf-8")
        files = {"GOOGLE_CLIENT_ID": "c", "GOOGLE_CLIENT_SECRET_FILE": str(tmp_path / "secret")}

        (google,) = load_with(monkeypatch, **files).sign_in.providers

        assert google.client_secret.get_secret_value() == f"{SECRET}\n"

    def test_counts_as_set(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(MONGO_URL, encoding="utf-8")

        settings = load_with(monkeypatch, MONGO_URL_FILE=str(tmp_path / "secret"))

        assert "url" in settings.mongo.model_fields_set

    def test_may_be_named_in_the_file_of_settings(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(MONGO_URL, encoding="utf-8")
        (tmp_path / "taskfleet.env").write_text(f"TASKFLEET_MONGO_URL_FILE={tmp_path / 'secret'}\n", encoding="utf-8")

        settings = load_with(monkeypatch, ENV_FILE=str(tmp_path / "taskfleet.env"))

        assert settings.mongo.url.get_secret_value() == MONGO_URL

    def test_counts_as_not_named_by_an_empty_value(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = load_with(monkeypatch, MONGO_URL_FILE="", REDIS_URL_FILE="")

        assert settings.cache.url is None
        assert "url" not in settings.mongo.model_fields_set

    def test_is_taken_where_the_variable_itself_is_empty(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "secret").write_text(VALUES["REDIS_URL"], encoding="utf-8")

        settings = load_with(monkeypatch, REDIS_URL="", REDIS_URL_FILE=str(tmp_path / "secret"))

        assert settings.cache.url is not None
        assert settings.cache.url.get_secret_value() == VALUES["REDIS_URL"]


class TestAnEmptyFile:
    """What an orchestrator mounts for a secret that nobody has."""

    @pytest.mark.parametrize("content", ["", "\n"])
    @pytest.mark.parametrize("name", sorted(VALUES.keys() - {"MONGO_URL"}))
    def test_means_that_there_is_no_secret(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, content: str
    ) -> None:
        (tmp_path / "secret").write_text(content, encoding="utf-8")

        settings = load_with(monkeypatch, **{f"{name}_FILE": str(tmp_path / "secret")})

        assert (settings.cache.url, settings.sign_in.providers, settings.observability.sentry_dsn) == (None, (), None)

    def test_is_no_address_of_mongodb(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("", encoding="utf-8")

        settings = load_with(monkeypatch, MONGO_URL_FILE=str(tmp_path / "secret"))

        with pytest.raises(SettingsError, match="TASKFLEET_MONGO_URL is no connection string"):
            check_servers(settings)


class TestASecretThatIsThereTwice:
    def test_is_refused(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(MONGO_URL, encoding="utf-8")

        message = refusal(monkeypatch, MONGO_URL=MONGO_URL, MONGO_URL_FILE=str(tmp_path / "secret"))

        assert message == ("TASKFLEET_MONGO_URL and TASKFLEET_MONGO_URL_FILE are both set; only one of them may be")


class TestAFileThatCannotBeTaken:
    def test_because_it_is_not_there(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        path = tmp_path / "secret"

        message = refusal(monkeypatch, MONGO_URL_FILE=str(path))

        assert message == f"TASKFLEET_MONGO_URL_FILE names {path}, which cannot be read: No such file or directory"

    def test_because_it_is_a_directory(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        assert "cannot be read: Is a directory" in refusal(monkeypatch, MONGO_URL_FILE=str(tmp_path))

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_because_it_may_not_be_read(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(MONGO_URL, encoding="utf-8")
        (tmp_path / "secret").chmod(0)

        assert "Permission denied" in refusal(monkeypatch, MONGO_URL_FILE=str(tmp_path / "secret"))

    def test_because_it_is_no_text(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(f"{SECRET}\xff".encode("latin-1"))

        assert "cannot be read as text" in refusal(monkeypatch, MONGO_URL_FILE=str(tmp_path / "secret"))

    def test_because_it_is_too_long(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(SECRET[0] * (MAX_SECRET_BYTES + 1), encoding="utf-8")

        assert "is too long for a secret" in refusal(monkeypatch, MONGO_URL_FILE=str(tmp_path / "secret"))

    def test_because_of_its_value_without_repeating_it(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text(f'[{{"name": "{SECRET}"}}]', encoding="utf-8")

        assert "TASKFLEET_OIDC_PROVIDERS" in refusal(monkeypatch, OIDC_PROVIDERS_FILE=str(tmp_path / "secret"))


class TestASettingThatIsNoSecret:
    def test_cannot_stand_in_a_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        message = refusal(monkeypatch, PUBLIC_URL_FILE="/etc/hostname")

        assert message.startswith("unknown setting TASKFLEET_PUBLIC_URL_FILE")
