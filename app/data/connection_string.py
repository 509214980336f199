"""What `TASKFLEET_MONGO_URL` may say: read before anything connects, so that a mistake is one line at the start."""

from collections.abc import Mapping
from typing import Any

from pymongo.errors import ConfigurationError, InvalidURI
from pymongo.uri_parser import SRV_SCHEME, parse_uri, split_options

from app.core.settings import SettingsError

_VARIABLE = "TASKFLEET_MONGO_URL"


def check_connection_string(url: str, *, is_local: bool) -> None:
    """Raise `SettingsError` for what is no connection string and, but on a laptop, for an unsafe one.

    Nothing is looked up: the options that a `mongodb+srv` address brings from the DNS are not seen.
    """
    options = _read_options(url)
    if is_local:
        return
    for name in ("tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"):
        if options.get(name):
            raise SettingsError(f"{_VARIABLE}: {name} would let anybody answer as MongoDB")
    if options.get("w", "majority") != "majority" or options.get("journal") is False:
        raise SettingsError(
            f"{_VARIABLE}: a change is acknowledged by a majority and its journal; drop w and journal"
        )
    if options.get("retryWrites") is False:
        raise SettingsError(f"{_VARIABLE}: retryWrites=false would fail changes at every election")
    if options.get("directConnection"):
        raise SettingsError(f"{_VARIABLE}: directConnection would stay with one server through every election")


def _read_options(url: str) -> Mapping[str, Any]:
    try:
        if url.startswith(SRV_SCHEME):
            query = url.partition("?")[2]
            return split_options(query) if query else {}
        options: Mapping[str, Any] = parse_uri(url)["options"]
    except (InvalidURI, ConfigurationError, ValueError, TypeError):
        # What the driver says may quote the password.
        raise SettingsError(f"{_VARIABLE} is no connection string that MongoDB's driver can read") from None
    return options
