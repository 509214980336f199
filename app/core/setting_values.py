"""What the values of settings may be: how texts of the environment become values, and which are refused."""

import ipaddress
import json
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from app.core.secret_files import MAY_STAND_IN_FILE


def split_commas(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def parse_json_list(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else []
    except ValueError as error:
        raise ValueError(f"must be a JSON list ({error})") from None


def empty_to_none(value: object) -> object:
    return None if value == "" else value


def _check_rate(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[1-9][0-9]*/(second|minute|hour|day)", value):
        raise ValueError("must look like 300/minute")
    return value


def _check_network(value: str) -> str:
    ipaddress.ip_network(value, strict=False)
    return value


def _check_http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http or https URL without query or fragment")
    return value.rstrip("/")


# What browsers write for a host: names, also of one label, and addresses.
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|[0-9a-f:.]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def _check_public_url(value: str) -> str:
    """Return it as browsers write it in `Origin` (RFC 6454, section 6.2), with which it is compared."""
    parts = urlsplit(_check_http_url(value))
    host = parts.hostname or ""
    if parts.path or "@" in parts.netloc or not _HOST.fullmatch(host):
        raise ValueError("must be a scheme, a host and perhaps a port, such as https://tasks.example.com")
    port = "" if parts.port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _check_database(value: str) -> str:
    if value in {"admin", "config", "local"}:
        raise ValueError("is one of MongoDB's own databases, which have no transactions")
    return value


def _check_key_set_url(value: str | None) -> str | None:
    if value is None:
        return None
    checked = _check_http_url(value)
    if "@" in urlsplit(checked).netloc:
        raise ValueError("must not hold a user or a password, for what is there is public")
    return checked


def _check_sentry_dsn(value: SecretStr | None) -> SecretStr | None:
    """Take `https://key@host/path/project`; Sentry's SDK would refuse others in each process, with a traceback."""
    if value is not None:
        parts = urlsplit(value.get_secret_value())
        project = parts.path.rpartition("/")[2]
        if parts.scheme not in {"http", "https"} or not (parts.hostname and parts.username and project):
            raise ValueError("must look like https://key@host/project")
    return value


# As OpenTelemetry has it (Baggage without properties): names are tokens of HTTP, and commas end a value.
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+=[\x21-\x2b\x2d-\x7e]+", re.ASCII)


def _check_headers(value: SecretStr | None) -> SecretStr | None:
    """Take `name=value,name=value`; OpenTelemetry leaves out what it cannot read, and logs it, secret and all."""
    if value is not None and not all(_HEADER.fullmatch(part.strip()) for part in value.get_secret_value().split(",")):
        raise ValueError("must look like name=value,name=value")
    return value


def _check_origin(value: str | None) -> str | None:
    """Take what a policy can name (CSP 3, `host-source`): anything else would end or widen it."""
    if value is None:
        return None
    # Without a path: a policy's path has rules of its own, and is not looked at after a redirect.
    if not re.fullmatch(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?", value):
        raise ValueError("must be an origin such as https://assets.example.com, in lower case and without a path")
    if not is_https_or_loopback(value):
        raise ValueError("must be https")
    urlsplit(value).port  # noqa: B018 - raises `ValueError` for one that there cannot be
    return value


def _check_web_dist(value: Path | None) -> Path | None:
    if value is None:
        return None
    try:
        if not value.is_dir():
            raise ValueError(f"{value} is no directory")
        index = (value / "index.html").resolve()
        # Of its own: what a link leads to elsewhere is never served.
        if not index.is_file() or not index.is_relative_to(value.resolve()):
            raise ValueError(f"{value} has no index.html of its own, so it is no built browser app")
    except OSError as error:
        raise ValueError(f"the directory cannot be read: {error.strerror}") from None
    return value


def is_https_or_loopback(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# Names that nobody can register on the internet: those of a cluster's services, and what ICANN set aside in 2024.
_INTERNAL_NAMES = (".svc", ".cluster.local", ".internal")


def is_https_or_internal(url: str) -> bool:
    """Whether only somebody on our own network could answer in the server's place (docs/decisions/0038)."""
    if is_https_or_loopback(url):
        return True
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_INTERNAL_NAMES)


OptionalText = Annotated[str | None, BeforeValidator(empty_to_none)]
OptionalPath = Annotated[Path | None, BeforeValidator(empty_to_none)]
Secret = Annotated[SecretStr, MAY_STAND_IN_FILE]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(empty_to_none), MAY_STAND_IN_FILE]
SentryDsn = Annotated[
    SecretStr | None, AfterValidator(_check_sentry_dsn), BeforeValidator(empty_to_none), MAY_STAND_IN_FILE
]
OtlpHeaders = Annotated[
    SecretStr | None, AfterValidator(_check_headers), BeforeValidator(empty_to_none), MAY_STAND_IN_FILE
]
WebDist = Annotated[Path | None, AfterValidator(_check_web_dist), BeforeValidator(empty_to_none)]
WebAssetOrigin = Annotated[str | None, AfterValidator(_check_origin), BeforeValidator(empty_to_none)]
Rate = Annotated[str | None, AfterValidator(_check_rate), BeforeValidator(empty_to_none)]
Network = Annotated[str, AfterValidator(_check_network)]
HttpUrl = Annotated[str, AfterValidator(_check_http_url)]
PublicUrl = Annotated[str, AfterValidator(_check_public_url)]
DatabaseName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,63}$"), AfterValidator(_check_database)]
OptionalHttpUrl = Annotated[HttpUrl | None, BeforeValidator(empty_to_none)]
Share = Annotated[float, Field(ge=0, le=1)]
KeySetUrl = Annotated[str | None, AfterValidator(_check_key_set_url), BeforeValidator(empty_to_none)]
