"""What the production profile refuses: settings that are well-formed and would open the installation."""

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from app.core.setting_values import is_https_or_internal, is_https_or_loopback

if TYPE_CHECKING:
    from app.core.settings import Settings

# By version of the protocol: the shortest prefixes of networks that are private (10.0.0.0/8, RFC 1918; fc00::/7,
# RFC 4193). Who believes a wider one believes strangers.
_SHORTEST_PREFIX = {4: 8, 6: 7}

# What certainly means so to the driver.
_TRUE = frozenset({"true", "1", "yes"})


def refuse_unsafe(settings: "Settings") -> None:
    """Raise `ValueError`, with one line that names the variable, for what is unsafe on the internet."""
    if urlsplit(settings.http.public_url).scheme != "https":
        raise ValueError("TASKFLEET_PUBLIC_URL must be https in the production profile")
    if "url" not in settings.mongo.model_fields_set:
        raise ValueError("TASKFLEET_MONGO_URL is missing; the default is that of a laptop, without a password")
    for provider in settings.sign_in.providers:
        if not is_https_or_loopback(provider.issuer):
            raise ValueError(f"the issuer of provider {provider.name!r} must be https")
    for text in settings.http.trusted_proxies:
        network = ipaddress.ip_network(text, strict=False)
        if network.prefixlen < _SHORTEST_PREFIX[network.version]:
            raise ValueError(
                f"TASKFLEET_TRUSTED_PROXIES: {text} is most of the internet, which could then forge addresses"
            )
    if settings.cache.url is not None:
        refuse_unchecked_certificates(settings.cache.url.get_secret_value())


def refuse_unsafe_keys(settings: "Settings") -> None:
    """Raise `ValueError` for what may let others forge access tokens, in a process that serves.

    That is private keys that nobody needs here, and public keys from anywhere.
    """
    if settings.runtime.signs_tokens:
        if settings.jwt.private_key_file is None:
            raise ValueError("TASKFLEET_JWT_PRIVATE_KEY_FILE is missing; `taskfleet keys generate` makes one")
        return
    for variable, is_set in (
        ("TASKFLEET_JWT_PRIVATE_KEY_FILE", settings.jwt.private_key_file is not None),
        ("TASKFLEET_JWT_FURTHER_KEY_FILES", bool(settings.jwt.further_key_files)),
    ):
        if is_set:
            raise ValueError(f"{variable} is set; without the auth module no private key may be here")
    if settings.jwt.jwks_url is None:
        raise ValueError("TASKFLEET_JWKS_URL is missing; without the auth module it tells where the keys are")
    if not is_https_or_internal(settings.jwt.jwks_url):
        raise ValueError("TASKFLEET_JWKS_URL must be https, or lead to a host that is inside by its name or address")


def refuse_unchecked_certificates(url: str) -> None:
    """Raise `ValueError` when the driver would believe any cache server, or one with anybody's certificate."""
    options = parse_qs(urlsplit(url).query)
    # To a client the two are the same; the driver knows no other spelling.
    if not {"required", "optional"}.issuperset(options.get("ssl_cert_reqs", ())):
        raise ValueError("TASKFLEET_REDIS_URL: without ssl_cert_reqs=required anybody answers as the cache server")
    if not _TRUE.issuperset(value.lower() for value in options.get("ssl_check_hostname", ())):
        raise ValueError("TASKFLEET_REDIS_URL: without ssl_check_hostname whoever has a certificate answers as it")
