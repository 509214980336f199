"""Settings come from the environment or one file; what is unknown, malformed or unsafe stops the start."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.settings import PREFIX, Settings, SettingsError, load_settings

SECRET = "hunter2-hunter2"

Load = Callable[..., Settings]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("MONGOD_BINARY", "CACHE_BINARY"):
        monkeypatch.delenv(PREFIX + variable, raising=False)


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Sets variables and loads; names are given without the prefix."""

    def load(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(PREFIX + name, value)
        return load_settings()

    return load


@pytest.fixture
def configure_production(configure: Load, tmp_path: Path) -> Load:
    """The same, on top of what the production profile needs."""

    def load(**variables: str) -> Settings:
        needed = {
            "PUBLIC_URL": "https://tasks.example",
            "MONGO_URL": "mongodb://db/?replicaSet=taskfleet",
            "JWT_PRIVATE_KEY_FILE": str(tmp_path / "key.pem"),
        }
        return configure(**(needed | variables))

    return load


def refusal(load: Load, **variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(**variables)
    return str(caught.value)


class TestTheLocalProfile:
    def test_needs_no_setting_but_its_name(self, configure: Load) -> None:
        settings = configure(PROFILE="local")

        assert settings.runtime.is_local
        assert settings.mongo.driver == "motor"
        assert settings.mongo.database == "taskfleet"
        assert settings.cache.url is None
        assert settings.http.public_url == "http://127.0.0.1:8000"
        assert settings.runtime.enabled_modules == {"auth", "tasks", "notifications"}
        assert settings.rate_limits.user == "300/minute"

    def test_reads_every_kind_of_value(self, configure: Load) -> None:
        settings = configure(
            PROFILE="local",
            MONGO_URL=f"mongodb://user:{SECRET}@db:27017",
            MONGO_DRIVER="pymongo",
            REDIS_URL="redis://cache",
            ENABLED_MODULES="auth, tasks",
            ADMIN_EMAILS="ann@example.com,bob@example.com",
            TRUSTED_PROXIES="10.0.0.0/8,127.0.0.1",
            RATE_LIMIT_USER="",
            CACHE_TTL_SECONDS="5",
            METRICS_PORT="9100",
        )

        assert settings.mongo.url.get_secret_value() == f"mongodb://user:{SECRET}@db:27017"
        assert settings.mongo.driver == "pymongo"
        assert settings.runtime.enabled_modules == {"auth", "tasks"}
        assert settings.sign_in.admin_emails == {"ann@example.com", "bob@example.com"}
        assert settings.http.trusted_proxies == ("10.0.0.0/8", "127.0.0.1")
        assert settings.rate_limits.user is None
        assert settings.cache.ttl_seconds == 5
        assert settings.observability.metrics_port == 9100

    def test_takes_an_empty_value_of_an_optional_setting_for_none(self, configure: Load) -> None:
        settings = configure(PROFILE="local", REDIS_URL="", WEB_DIST="", SENTRY_DSN="", METRICS_PORT="")

        assert settings.cache.url is None
        assert settings.http.web_dist is None
        assert settings.observability.sentry_dsn is None
        assert settings.observability.metrics_port is None

    def test_shows_no_secret_when_it_is_printed(self, configure: Load) -> None:
        settings = configure(
            PROFILE="local",
            MONGO_URL=f"mongodb://user:{SECRET}@db:27017",
            REDIS_URL=f"redis://:{SECRET}@cache",
            GOOGLE_CLIENT_ID="taskfleet",
            GOOGLE_CLIENT_SECRET=SECRET,
            SENTRY_DSN=f"https://{SECRET}@sentry.example/1",
            OTLP_HEADERS=f"api-key={SECRET}",
            SMTP_URL=f"smtp://user:{SECRET}@mail",
            MAIL_FROM="tasks@mail.example",
        )

        assert SECRET not in repr(settings)
        assert SECRET not in str(settings)
        assert SECRET not in repr(settings.sign_in.providers)
        assert SECRET not in settings.model_dump_json()

    def test_cannot_be_changed_afterwards(self, configure: Load) -> None:
        settings = configure(PROFILE="local")

        with pytest.raises(ValueError, match="frozen"):
            settings.mongo.database = "other"


class TestTheProductionProfile:
    def test_is_the_default(self, configure_production: Load) -> None:
        assert not configure_production().runtime.is_local

    @pytest.mark.parametrize(
        ("variables", "named"),
        [
            ({"PUBLIC_URL": "http://tasks.example"}, "PUBLIC_URL"),
            ({"JWT_PRIVATE_KEY_FILE": ""}, "JWT_PRIVATE_KEY_FILE"),
            ({"JWT_PRIVATE_KEY_FILE": "", "ENABLED_MODULES": "tasks"}, "JWKS_URL"),
            (
                {
                    "OIDC_PROVIDERS": json.dumps(
                        [
                            {
                                "name": "corp",
                                "title": "Corp",
                                "issuer": "http://login.corp.example",
                                "client_id": "c",
                                "client_secret": SECRET,
                            }
                        ]
                    )
                },
                "'corp'",
            ),
            (
                {"GOOGLE_CLIENT_ID": "c", "GOOGLE_CLIENT_SECRET": SECRET, "GOOGLE_ISSUER": "http://google.example"},
                "'google'",
            ),
            ({"TRUSTED_PROXIES": "10.0.0.0/8,0.0.0.0/0"}, "TRUSTED_PROXIES: 0.0.0.0/0"),
            ({"TRUSTED_PROXIES": "::/0"}, "TRUSTED_PROXIES: ::/0"),
            ({"TRUSTED_PROXIES": "128.0.0.0/7"}, "TRUSTED_PROXIES: 128.0.0.0/7"),
            ({"REDIS_URL": f"rediss://:{SECRET}@cache?ssl_cert_reqs=none"}, "REDIS_URL: without ssl_cert_reqs"),
            ({"REDIS_URL": f"rediss://:{SECRET}@cache?ssl_cert_reqs=NONE"}, "REDIS_URL: without ssl_cert_reqs"),
            (
                {"REDIS_URL": f"rediss://:{SECRET}@cache?ssl_check_hostname=0"},
                "REDIS_URL: without ssl_check_hostname",
            ),
        ],
    )
    def test_refuses_what_is_unsafe(self, configure_production: Load, variables: dict[str, str], named: str) -> None:
        message = refusal(configure_production, **variables)

        assert named in message
        assert SECRET not in message
        assert "\n" not in message

    def test_believes_proxies_in_private_networks(self, configure_production: Load) -> None:
        networks = ("10.0.0.0/8", "172.16.0.0/12", "fc00::/7", "203.0.113.7")

        assert configure_production(TRUSTED_PROXIES=",".join(networks)).http.trusted_proxies == networks

    def test_takes_an_encrypted_cache_server(self, configure_production: Load) -> None:
        url = "rediss://cache?ssl_cert_reqs=required&ssl_check_hostname=True"

        settings = configure_production(REDIS_URL=url)

        assert settings.cache.url is not None

    @pytest.mark.parametrize("modules", ["auth,tasks", "tasks"])
    def test_needs_no_keys_where_nothing_is_served(
        self, configure_production: Load, monkeypatch: pytest.MonkeyPatch, modules: str
    ) -> None:
        refusal(configure_production, JWT_PRIVATE_KEY_FILE="", ENABLED_MODULES=modules)

        assert not load_settings(is_serving=False).runtime.is_local

    def test_refuses_what_is_unsafe_where_nothing_is_served_as_well(self, configure: Load) -> None:
        with pytest.raises(SettingsError, match="PUBLIC_URL"):
            load_settings(is_serving=False)

    def test_refuses_the_database_of_a_laptop(self, configure: Load, tmp_path: Path) -> None:
        key_file = str(tmp_path / "key.pem")

        message = refusal(configure, PUBLIC_URL="https://tasks.example", JWT_PRIVATE_KEY_FILE=key_file)

        assert message.startswith("TASKFLEET_MONGO_URL is missing")

    def test_refuses_to_start_with_the_defaults(self, configure: Load) -> None:
        assert "PUBLIC_URL" in refusal(configure)

    @pytest.mark.parametrize("issuer", ["http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9000"])
    def test_accepts_a_plain_http_issuer_on_loopback_alone(self, configure_production: Load, issuer: str) -> None:
        provider = {"name": "corp", "title": "Corp", "issuer": issuer, "client_id": "c", "client_secret": "s"}

        settings = configure_production(OIDC_PROVIDERS=json.dumps([provider]))

        assert settings.sign_in.providers[0].issuer == issuer


class TestAProductionProcessWithoutTheAuthModule:
    @pytest.fixture
    def configure_tasks(self, configure: Load) -> Load:
        """What it needs: no key, and where the public ones are."""

        def load(**variables: str) -> Settings:
            needed = {
                "PUBLIC_URL": "https://tasks.example",
                "MONGO_URL": "mongodb://db/?replicaSet=taskfleet",
                "JWKS_URL": "https://auth.example/jwks",
            }
            return configure(ENABLED_MODULES="tasks", **(needed | variables))

        return load

    def test_needs_no_key(self, configure_tasks: Load) -> None:
        settings = configure_tasks()

        assert settings.jwt.jwks_url == "https://auth.example/jwks"
        assert not settings.runtime.signs_tokens

    @pytest.mark.parametrize("variable", ["JWT_PRIVATE_KEY_FILE", "JWT_FURTHER_KEY_FILES"])
    def test_refuses_to_hold_one(self, configure_tasks: Load, variable: str) -> None:
        message = refusal(configure_tasks, **{variable: "/run/secrets/key.pem"})

        assert f"TASKFLEET_{variable} is set" in message
        assert "\n" not in message

    @pytest.mark.parametrize(
        "url",
        [
            "https://auth.example/jwks",
            "http://auth:8000/.well-known/jwks.json",
            "http://auth.taskfleet.svc:8000/jwks",
            "http://auth.taskfleet.svc.cluster.local/jwks",
            "http://auth.corp.internal/jwks",
            "http://10.0.3.7:8000/jwks",
            "http://[fd00::7]:8000/jwks",
            "http://127.0.0.1:8000/jwks",
            "http://localhost:8000/jwks",
        ],
    )
    def test_takes_keys_from_inside_or_by_https(self, configure_tasks: Load, url: str) -> None:
        assert configure_tasks(JWKS_URL=url).jwt.jwks_url == url

    @pytest.mark.parametrize(
        "url",
        [
            "http://auth.example/jwks",
            "http://93.184.215.14/jwks",
            "http://auth.svc.example.com/jwks",
            "http://svc.cluster.local.example/jwks",
            "http://notinternal.example/jwks",
            "http://[2606:2800:21f:cb07::1]/jwks",
        ],
    )
    def test_refuses_plain_http_to_where_anybody_may_be(self, configure_tasks: Load, url: str) -> None:
        assert "TASKFLEET_JWKS_URL must be https" in refusal(configure_tasks, JWKS_URL=url)


class TestThePublicAddress:
    @pytest.mark.parametrize(
        ("value", "origin"),
        [
            ("https://tasks.example/", "https://tasks.example"),
            ("HTTPS://Tasks.Example", "https://tasks.example"),
            ("https://tasks.example:443", "https://tasks.example"),
            ("http://tasks.example:80", "http://tasks.example"),
            ("https://tasks.example:8443", "https://tasks.example:8443"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("http://[::1]:8000", "http://[::1]:8000"),
            ("http://my_laptop:8000", "http://my_laptop:8000"),
        ],
    )
    def test_is_taken_as_browsers_write_an_origin(self, configure: Load, value: str, origin: str) -> None:
        assert configure(PROFILE="local", PUBLIC_URL=value).http.public_url == origin


class TestAValueThatIsNoGood:
    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("PROFILE", "staging"),
            ("MONGO_DATABASE", "no/slash"),
            ("MONGO_DATABASE", ""),
            ("MONGO_DATABASE", "admin"),
            ("MONGO_DATABASE", "config"),
            ("MONGO_DATABASE", "local"),
            ("MONGO_DRIVER", "mongoengine"),
            ("CACHE_TTL_SECONDS", "0"),
            ("CACHE_TTL_SECONDS", "soon"),
            ("PUBLIC_URL", "ftp://example.com"),
            ("PUBLIC_URL", "http://"),
            ("PUBLIC_URL", "https://example.com/?page=1"),
            ("PUBLIC_URL", "https://example.com/tasks"),
            ("PUBLIC_URL", "https://user:hunter2@example.com"),
            ("PUBLIC_URL", "https://example.com:99999"),
            ("PUBLIC_URL", "https://exa mple.com"),
            ("PUBLIC_URL", "https://*"),
            ("TRUSTED_PROXIES", "nginx"),
            ("REQUEST_TIMEOUT_SECONDS", "0"),
            ("REQUEST_TIMEOUT_SECONDS", "11"),
            ("JWT_ISSUER", ""),
            ("OIDC_PROVIDERS", "{"),
            ("OIDC_PROVIDERS", '[{"name": "corp"}]'),
            ("JWKS_URL", "auth:8000/jwks"),
            ("JWKS_URL", "ftp://auth/jwks"),
            ("JWKS_URL", "https://user:secret@auth.example/jwks"),
            ("ENABLED_MODULES", "tasks,billing"),
            ("ENABLED_MODULES", ""),
            ("RATE_LIMIT_USER", "many"),
            ("RATE_LIMIT_AUTH", "0/minute"),
            ("RATE_LIMIT_ADDRESS", "10/fortnight"),
            ("LOG_FORMAT", "xml"),
            ("METRICS_PORT", "65536"),
            ("SHUTDOWN_DELAY_SECONDS", "-1"),
            ("SHUTDOWN_DELAY_SECONDS", "61"),
            ("SENTRY_DSN", "sentry.example/1"),
            ("SENTRY_DSN", "https://sentry.example/1"),
            ("SENTRY_DSN", "https://key@sentry.example"),
            ("OTLP_HEADERS", "a-key-without-its-name"),
            ("OTLP_HEADERS", "api-key=a,,dd-protocol=otlp"),
            ("OTLP_HEADERS", "api key=a"),
            ("OTLP_HEADERS", "api-key=a\nHost: b"),
            ("WEB_DIST", "/nowhere/at/all"),
            ("WEB_DIST", __file__),
            ("WEB_DIST", str(Path(__file__).parent)),
            ("WEB_DIST", "x" * 5_000),
            ("WEB_ASSET_ORIGIN", "assets.example.com"),
            ("WEB_ASSET_ORIGIN", "https://"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com/"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com/taskfleet"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com?a"),
            ("WEB_ASSET_ORIGIN", "https://user@assets.example.com"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com:"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com:0"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com:65536"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com:port"),
            ("WEB_ASSET_ORIGIN", "https://*"),
            ("WEB_ASSET_ORIGIN", "https://*.example.com"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com; script-src *"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com https://evil.example"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com\n"),
            ("WEB_ASSET_ORIGIN", "https://assets.example.com,https://evil.example"),
            ("WEB_ASSET_ORIGIN", "'unsafe-inline'"),
            ("WEB_ASSET_ORIGIN", "http://assets.example.com"),
            ("WEB_ASSET_ORIGIN", "data:"),
        ],
    )
    def test_is_refused_in_one_line_that_names_the_variable(self, configure: Load, variable: str, value: str) -> None:
        message = refusal(configure, **({"PROFILE": "local"} | {variable: value}))

        assert PREFIX + variable in message
        assert "\n" not in message

    @pytest.mark.parametrize("name", ["dev", "email", "Corp", "", "a" * 33])
    def test_is_refused_as_the_name_of_a_provider(self, configure: Load, name: str) -> None:
        provider = {
            "name": name,
            "title": "Corp",
            "issuer": "https://login.example",
            "client_id": "c",
            "client_secret": SECRET,
        }

        message = refusal(configure, PROFILE="local", OIDC_PROVIDERS=json.dumps([provider]))

        assert "OIDC_PROVIDERS" in message
        assert SECRET not in message

    def test_does_not_repeat_a_secret(self, configure: Load) -> None:
        provider = {"name": "corp", "issuer": "https://login.example", "client_id": "c", "client_secret": SECRET}

        message = refusal(configure, PROFILE="local", OIDC_PROVIDERS=json.dumps([provider | {"extra": SECRET}]))

        assert SECRET not in message

    def test_is_refused_without_its_other_half(self, configure: Load) -> None:
        assert "GOOGLE_CLIENT_SECRET" in refusal(configure, PROFILE="local", GOOGLE_CLIENT_ID="c")

    def test_is_refused_when_two_providers_have_one_name(self, configure: Load) -> None:
        google = {"name": "google", "client_id": "c", "client_secret": "s"}

        message = refusal(
            configure,
            PROFILE="local",
            GOOGLE_CLIENT_ID="c",
            GOOGLE_CLIENT_SECRET="s",
            OIDC_PROVIDERS=json.dumps([google]),
        )

        assert "same name" in message


class TestTheOriginOfAssets:
    @pytest.mark.parametrize(
        "value", ["https://assets.example.com", "https://d1.cloudfront.net:8443", "http://127.0.0.1:9000"]
    )
    def test_is_taken_as_it_is(self, configure: Load, value: str) -> None:
        assert configure(PROFILE="local", WEB_ASSET_ORIGIN=value).http.web_asset_origin == value

    def test_is_none_unless_told(self, configure: Load) -> None:
        assert configure(PROFILE="local", WEB_ASSET_ORIGIN="").http.web_asset_origin is None


class TestTheDirectoryOfTheBrowserApp:
    def test_is_taken_when_it_has_a_page_to_begin_with(self, configure: Load, web_dist: Path) -> None:
        assert configure(PROFILE="local", WEB_DIST=str(web_dist)).http.web_dist == web_dist

    @pytest.mark.parametrize(
        ("name", "complaint"), [("nothing", "no directory"), ("file", "no directory"), ("empty", "no index.html")]
    )
    def test_is_refused_with_its_name_and_what_it_lacks(
        self, configure: Load, tmp_path: Path, name: str, complaint: str
    ) -> None:
        (tmp_path / "file").touch()
        (tmp_path / "empty").mkdir()

        message = refusal(configure, PROFILE="local", WEB_DIST=str(tmp_path / name))

        assert str(tmp_path / name) in message
        assert complaint in message

    def test_is_refused_when_its_page_is_a_link_to_elsewhere(
        self, configure: Load, tmp_path: Path, web_dist: Path
    ) -> None:
        (tmp_path / "index.html").symlink_to(web_dist / "index.html")

        assert "of its own" in refusal(configure, PROFILE="local", WEB_DIST=str(tmp_path))


class TestAVariableThatNobodyKnows:
    def test_is_refused_by_name_without_its_value(self, configure: Load) -> None:
        message = refusal(configure, PROFILE="local", MONGO_URI=f"mongodb://user:{SECRET}@db")

        assert "TASKFLEET_MONGO_URI" in message
        assert SECRET not in message

    def test_is_ignored_when_it_is_not_ours(self, configure: Load, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TASKFLEETING", "x")

        assert configure(PROFILE="local").runtime.is_local


class TestAGoogleProvider:
    def test_comes_from_its_two_variables_with_issuer_and_title_filled_in(self, configure: Load) -> None:
        settings = configure(PROFILE="local", GOOGLE_CLIENT_ID="c", GOOGLE_CLIENT_SECRET="s")

        (google,) = settings.sign_in.providers
        assert (google.name, google.title, google.issuer) == ("google", "Google", "https://accounts.google.com")

    def test_comes_from_the_list_with_an_issuer_of_its_own(self, configure: Load) -> None:
        listed = [
            {"name": "google", "client_id": "c", "client_secret": "s", "issuer": "http://127.0.0.1:9999/"},
            {
                "name": "corp",
                "title": "Corp",
                "client_id": "c",
                "client_secret": "s",
                "issuer": "https://login.example",
            },
        ]

        settings = configure(PROFILE="local", OIDC_PROVIDERS=json.dumps(listed))

        google, corp = settings.sign_in.providers
        assert (google.title, google.issuer) == ("Google", "http://127.0.0.1:9999")
        assert corp.name == "corp"


class TestAFileOfSettings:
    def test_is_read_under_the_environment(
        self, configure: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "taskfleet.env"
        file.write_text("TASKFLEET_PROFILE=local\nTASKFLEET_MONGO_DATABASE=from_file\nTASKFLEET_JWT_ISSUER=file\n")

        settings = configure(ENV_FILE=str(file), MONGO_DATABASE="from_environment")

        assert settings.runtime.is_local
        assert settings.mongo.database == "from_environment"
        assert settings.jwt.issuer == "file"

    def test_is_refused_when_it_is_not_there(self, configure: Load, tmp_path: Path) -> None:
        message = refusal(configure, ENV_FILE=str(tmp_path / "nothing.env"))

        assert "TASKFLEET_ENV_FILE" in message
        assert "\n" not in message

    def test_is_refused_when_it_holds_a_variable_that_nobody_knows(self, configure: Load, tmp_path: Path) -> None:
        file = tmp_path / "taskfleet.env"
        file.write_text(f"TASKFLEET_PROFILE=local\nTASKFLEET_MONGO_URI={SECRET}\n")

        message = refusal(configure, ENV_FILE=str(file))

        assert "TASKFLEET_MONGO_URI" in message
        assert SECRET not in message

    def test_is_refused_when_it_is_no_text(self, configure: Load, tmp_path: Path) -> None:
        file = tmp_path / "taskfleet.env"
        file.write_bytes(b"TASKFLEET_PROFILE=\xff\xfe\x00")

        assert "TASKFLEET_ENV_FILE" in refusal(configure, ENV_FILE=str(file))


class TestTheModules:
    def test_read_no_environment_when_they_are_imported(
        self, configure: Load, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert configure(PROFILE="local").mongo.database == "taskfleet"
        assert configure(MONGO_DATABASE="later").mongo.database == "later"
