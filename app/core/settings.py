"""Settings: read once from `TASKFLEET_*` variables (or one file), checked, handed out group by group."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast, get_args

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core.mail_server import MailServer, Sender
from app.core.secret_files import MAY_STAND_IN_FILE, SecretFileError, file_variables, read_secret_files
from app.core.setting_values import (
    DatabaseName,
    HttpUrl,
    KeySetUrl,
    Network,
    OptionalHttpUrl,
    OptionalPath,
    OptionalSecret,
    OptionalText,
    OtlpHeaders,
    PublicUrl,
    Rate,
    Secret,
    SentryDsn,
    Share,
    WebAssetOrigin,
    WebDist,
    empty_to_none,
    parse_json_list,
    split_commas,
)
from app.core.unsafe_settings import refuse_unsafe, refuse_unsafe_keys

PREFIX = "TASKFLEET_"
ENV_FILE_VARIABLE = "TASKFLEET_ENV_FILE"
GOOGLE_ISSUER = "https://accounts.google.com"

# `_id` prefixes in the `identities` collection that no OpenID provider may take.
RESERVED_PROVIDER_NAMES = frozenset({"dev", "email"})

Module = Literal["auth", "tasks", "notifications"]
MODULES: tuple[Module, ...] = get_args(Module)


# What `load_settings` tells the checks of all groups together.
NOT_SERVING: Mapping[str, object] = {"is_serving": False}


class SettingsError(Exception):
    """An unknown, malformed or unsafe setting; the message is one line for the operator."""


def _variable(name: str, default: Any = ...) -> Any:
    """A field that is read from `TASKFLEET_<name>`."""
    return Field(default=default, validation_alias=PREFIX + name)


class SettingsGroup(BaseSettings):
    """Settings that travel together, read from the environment and the file when the group is built."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",  # each group sees the whole file; `load_settings` refuses what no group knows
        validate_by_name=True,
        validate_by_alias=True,
        enable_decoding=False,
        case_sensitive=True,
    )

    @classmethod
    def variables(cls) -> frozenset[str]:
        """The environment variables of this group, with those that name files of secrets."""
        fields = cls.model_fields.values()
        return frozenset(str(field.validation_alias) for field in fields) | file_variables(fields)

    @classmethod
    def read(cls, env_file: str | None, variables: Mapping[str, str | None]) -> Self:
        """Build the group of what is set. Raises `ValidationError` or `SecretFileError`."""
        from_files: dict[str, Any] = read_secret_files(cls.model_fields.values(), variables)
        return cls(_env_file=env_file, **from_files)


class MongoSettings(SettingsGroup):
    """Where the documents are and how long one operation may take."""

    url: Secret = _variable("MONGO_URL", SecretStr("mongodb://127.0.0.1:27017/?replicaSet=taskfleet"))
    database: DatabaseName = _variable("MONGO_DATABASE", "taskfleet")
    driver: Literal["motor", "pymongo"] = _variable("MONGO_DRIVER", "motor")
    replica_reads: bool = _variable("MONGO_REPLICA_READS", False)


class CacheSettings(SettingsGroup):
    """The Redis-compatible cache. Without a URL, a lone process keeps a cache of its own, and several keep none."""

    url: OptionalSecret = _variable("REDIS_URL", None)
    workers: Annotated[int, Field(ge=1)] = _variable("WORKERS", 1)
    ttl_seconds: Annotated[int, Field(ge=1, le=3600)] = _variable("CACHE_TTL_SECONDS", 30)

    @property
    def is_only_process(self) -> bool:
        """Whether no other process serves the same database."""
        return self.workers == 1


class HttpSettings(SettingsGroup):
    """The public face: address, proxies, deadline of a request, browser app."""

    public_url: PublicUrl = _variable("PUBLIC_URL", "http://127.0.0.1:8000")
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(split_commas)] = _variable("TRUSTED_PROXIES", ())
    forwarded_header: Literal["x-forwarded-for", "forwarded"] = _variable("FORWARDED_HEADER", "x-forwarded-for")
    # The contract promises an answer within 10 s; a second is left for the way there and back.
    request_timeout_seconds: Annotated[float, Field(gt=0, le=10)] = _variable("REQUEST_TIMEOUT_SECONDS", 9.0)
    # Orchestrators and proxies look at readiness every few seconds; a minute is twice what the slowest of them need.
    shutdown_delay_seconds: Annotated[float, Field(ge=0, le=60)] = _variable("SHUTDOWN_DELAY_SECONDS", 0.0)
    web_dist: WebDist = _variable("WEB_DIST", None)
    web_asset_origin: WebAssetOrigin = _variable("WEB_ASSET_ORIGIN", None)


class JwtSettings(SettingsGroup):
    """How access tokens are signed and verified."""

    private_key_file: OptionalPath = _variable("JWT_PRIVATE_KEY_FILE", None)
    # More keys that verify: the next one to sign, and those that have signed.
    further_key_files: Annotated[tuple[Path, ...], BeforeValidator(split_commas)] = _variable(
        "JWT_FURTHER_KEY_FILES", ()
    )
    jwks_url: KeySetUrl = _variable("JWKS_URL", None)
    issuer: Annotated[str, Field(min_length=1)] = _variable("JWT_ISSUER", "taskfleet")
    audience: Annotated[str, Field(min_length=1)] = _variable("JWT_AUDIENCE", "taskfleet")


class OidcProvider(BaseModel):
    """One OpenID Connect provider; `issuer` may be left out for `google` alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    title: Annotated[str, Field(min_length=1, max_length=60)]
    issuer: HttpUrl
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: SecretStr

    @model_validator(mode="before")
    @classmethod
    def _fill_google(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("name") == "google":
            return {"issuer": GOOGLE_ISSUER, "title": "Google"} | values
        return values

    @model_validator(mode="after")
    def _refuse_reserved_names(self) -> Self:
        if self.name in RESERVED_PROVIDER_NAMES:
            raise ValueError(f"{self.name!r} is reserved and cannot name a provider")
        return self


class SignInSettings(SettingsGroup):
    """Who may sign in through what, and who is an administrator from the start."""

    google_client_id: OptionalText = _variable("GOOGLE_CLIENT_ID", None)
    google_client_secret: OptionalSecret = _variable("GOOGLE_CLIENT_SECRET", None)
    google_issuer: HttpUrl = _variable("GOOGLE_ISSUER", GOOGLE_ISSUER)
    oidc_providers: Annotated[tuple[OidcProvider, ...], BeforeValidator(parse_json_list), MAY_STAND_IN_FILE] = (
        _variable("OIDC_PROVIDERS", ())
    )
    admin_emails: Annotated[frozenset[str], BeforeValidator(split_commas)] = _variable("ADMIN_EMAILS", frozenset())

    @model_validator(mode="after")
    def _check_providers(self) -> Self:
        if (self.google_client_id is None) != (self.google_client_secret is None):
            raise ValueError("GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET go together")
        names = [provider.name for provider in self.providers]
        if len(names) != len(set(names)):
            raise ValueError("two sign-in providers have the same name")
        return self

    @property
    def providers(self) -> tuple[OidcProvider, ...]:
        """Every configured provider, Google first when it has its own two variables."""
        if self.google_client_id is None or self.google_client_secret is None:
            return self.oidc_providers
        google = OidcProvider(
            name="google",
            title="Google",
            issuer=self.google_issuer,
            client_id=self.google_client_id,
            client_secret=self.google_client_secret,
        )
        return (google, *self.oidc_providers)


class RateLimitSettings(SettingsGroup):
    """Requests per period for a user, an address, and an address on sign-in; empty turns a limit off."""

    user: Rate = _variable("RATE_LIMIT_USER", "300/minute")
    address: Rate = _variable("RATE_LIMIT_ADDRESS", "60/minute")
    auth: Rate = _variable("RATE_LIMIT_AUTH", "10/minute")


class TaskSettings(SettingsGroup):
    """How much one user may keep."""

    # One user's documents lie on one shard; this keeps them few enough to be moved with their chunk.
    quota: Annotated[int, Field(ge=1)] = _variable("TASK_QUOTA", 100_000)
    # 100,000 tasks of 2.6 KB, several times what most people write.
    max_import_bytes: Annotated[int, Field(ge=1)] = _variable("MAX_IMPORT_BYTES", 268_435_456)


def _check_smtp_url(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        MailServer.parse(value.get_secret_value())
    return value


def _check_mail_from(value: str | None) -> str | None:
    if value is not None:
        Sender.parse(value)
    return value


class NotificationSettings(SettingsGroup):
    """Where mails leave and which key signs web pushes. Without a URL there are no mails."""

    smtp_url: Annotated[OptionalSecret, AfterValidator(_check_smtp_url)] = _variable("SMTP_URL", None)
    mail_from: Annotated[OptionalText, AfterValidator(_check_mail_from)] = _variable("MAIL_FROM", None)
    vapid_private_key_file: OptionalPath = _variable("VAPID_PRIVATE_KEY_FILE", None)
    # Where workers run, the API leaves it to them; its processes need no way to a mail server then.
    deliver_in_api: bool = _variable("DELIVER_IN_API", True)

    @model_validator(mode="after")
    def _check_mail(self) -> Self:
        if self.smtp_url is not None and self.mail_from is None:
            raise ValueError(f"{PREFIX}SMTP_URL needs {PREFIX}MAIL_FROM, in whose name mails go out")
        return self

    @property
    def mail(self) -> tuple[MailServer, Sender] | None:
        """Where mails are handed over and in whose name, if there are mails."""
        if self.smtp_url is None or self.mail_from is None:
            return None
        return MailServer.parse(self.smtp_url.get_secret_value()), Sender.parse(self.mail_from)


class ObservabilitySettings(SettingsGroup):
    """Logs, metrics, traces and error reports, and the name under which they are told apart."""

    log_format: Literal["json", "console"] = _variable("LOG_FORMAT", "json")
    metrics_port: Annotated[Annotated[int, Field(ge=1, le=65535)] | None, BeforeValidator(empty_to_none)] = _variable(
        "METRICS_PORT", None
    )
    sentry_dsn: SentryDsn = _variable("SENTRY_DSN", None)
    metrics_host: Annotated[str, Field(min_length=1)] = _variable("METRICS_HOST", "127.0.0.1")
    sentry_traces_sample_rate: Share = _variable("SENTRY_TRACES_SAMPLE_RATE", 0.0)
    otlp_endpoint: OptionalHttpUrl = _variable("OTLP_ENDPOINT", None)
    otlp_headers: OtlpHeaders = _variable("OTLP_HEADERS", None)
    # A tenth keeps a trace from being an event in itself: it costs several times what a cached answer does.
    trace_sample_ratio: Share = _variable("TRACE_SAMPLE_RATIO", 0.1)
    environment: OptionalText = _variable("ENVIRONMENT", None)
    revision: OptionalText = _variable("REVISION", None)


class EmbeddedSettings(SettingsGroup):
    """Which programs `taskfleet local` and the tests start; unset, they are looked for."""

    mongod_binary: OptionalPath = _variable("MONGOD_BINARY", None)
    cache_binary: OptionalPath = _variable("CACHE_BINARY", None)


class RuntimeSettings(SettingsGroup):
    """Which kind of installation this is and which modules this process runs."""

    profile: Literal["local", "production"] = _variable("PROFILE", "production")
    enabled_modules: Annotated[frozenset[Module], BeforeValidator(split_commas), Field(min_length=1)] = _variable(
        "ENABLED_MODULES", frozenset(MODULES)
    )

    @property
    def is_local(self) -> bool:
        """Whether conveniences that are unsafe on the internet (dev sign-in, plain http) are allowed."""
        return self.profile == "local"

    @property
    def signs_tokens(self) -> bool:
        """Whether this process has the private keys of access tokens."""
        return "auth" in self.enabled_modules

    @property
    def is_whole(self) -> bool:
        """Whether this process serves everything; otherwise there are others on the same database."""
        return self.enabled_modules == frozenset(MODULES)


class Settings(BaseModel):
    """All groups; each component receives only its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime: RuntimeSettings = Field(default_factory=RuntimeSettings)
    mongo: MongoSettings = Field(default_factory=MongoSettings)
    cache: CacheSettings = Field(default_factory=CacheSettings)
    http: HttpSettings = Field(default_factory=HttpSettings)
    jwt: JwtSettings = Field(default_factory=JwtSettings)
    sign_in: SignInSettings = Field(default_factory=SignInSettings)
    tasks: TaskSettings = Field(default_factory=TaskSettings)
    rate_limits: RateLimitSettings = Field(default_factory=RateLimitSettings)
    notifications: NotificationSettings = Field(default_factory=NotificationSettings)
    observability: ObservabilitySettings = Field(default_factory=ObservabilitySettings)
    embedded: EmbeddedSettings = Field(default_factory=EmbeddedSettings)

    @model_validator(mode="after")
    def _refuse_unsafe_production(self, info: ValidationInfo) -> Self:
        if not self.runtime.is_local:
            refuse_unsafe(self)
            if info.context is not NOT_SERVING:
                refuse_unsafe_keys(self)
        return self


def load_settings(*, is_serving: bool = True) -> Settings:
    """Read the settings from the environment, over the file that `TASKFLEET_ENV_FILE` names, if any.

    A process that is not serving needs no keys of access tokens. Raises `SettingsError` with one line that names the
    variable at fault.
    """
    env_file = os.environ.get(ENV_FILE_VARIABLE)
    if env_file and not Path(env_file).is_file():
        raise SettingsError(f"{ENV_FILE_VARIABLE} names {env_file}, which is not a file")
    groups = {name: cast("type[SettingsGroup]", field.annotation) for name, field in Settings.model_fields.items()}
    variables = _read_variables(env_file)
    known = frozenset().union(*(group.variables() for group in groups.values()))
    if unknown := sorted(variables.keys() - known):
        raise SettingsError(f"unknown setting {unknown[0]}; docs/settings.md lists the known ones")
    try:
        values = {name: group.read(env_file, variables) for name, group in groups.items()}
        return Settings.model_validate(values, context=None if is_serving else NOT_SERVING)
    except ValidationError as error:
        raise SettingsError(_describe(error)) from None
    except SecretFileError as error:
        raise SettingsError(str(error)) from None


def read_set_variables() -> dict[str, str]:
    """Return what is set, by the name of its variable: by the environment, or else in the file.

    Raises `SettingsError` for a file that cannot be read.
    """
    variables = _read_variables(os.environ.get(ENV_FILE_VARIABLE))
    return {name: value for name, value in variables.items() if value is not None}


def _read_variables(env_file: str | None) -> dict[str, str | None]:
    """Return what is set: by the environment, or else in the file."""
    try:
        in_file = dotenv_values(env_file, interpolate=False) if env_file else {}
    except (OSError, UnicodeError):
        raise SettingsError(f"{ENV_FILE_VARIABLE} names {env_file}, which cannot be read as text") from None
    in_environment = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    in_environment.pop(ENV_FILE_VARIABLE, None)
    return {**in_file, **in_environment}


def _describe(error: ValidationError) -> str:
    """One line that names the variable and what is wrong, without repeating a value that may be secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
