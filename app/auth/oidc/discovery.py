"""What a provider says of itself (OpenID Connect Discovery 1.0): its endpoints and algorithms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from authlib.oidc.discovery import get_well_known_url

from app.auth.errors import UnusableProviderAnswerError
from app.auth.oidc.http import ProviderHttp
from app.auth.oidc.remembered import Remembered
from app.core.clock import Clock
from app.core.settings import OidcProvider

# Asymmetric, so that nobody who knows the client secret can make an ID token.
ALLOWED_ALGORITHMS = ("ES256", "RS256")
# The default of Discovery, section 3, and the other one that we can do.
_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

# Endpoints change perhaps once in years.
METADATA_LIFETIME = timedelta(hours=1)
# A login begins by sending the browser away, so the provider is seen to answer first; a burst shares one look.
FRESH = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """The part of a provider's configuration that a login needs."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    algorithms: tuple[str, ...]
    token_auth_method: str

    @classmethod
    def from_document(cls, document: Mapping[str, Any], expected_issuer: str) -> Self:
        """Read a discovery document. Raises `UnusableProviderAnswerError`."""
        issuer = document.get("issuer")
        # Settings leave out a trailing slash, which is part of some issuers' names.
        if not isinstance(issuer, str) or issuer.removesuffix("/") != expected_issuer:
            raise UnusableProviderAnswerError("The sign-in provider calls itself by another name.")
        has_userinfo = document.get("userinfo_endpoint") is not None
        return cls(
            issuer=issuer,
            authorization_endpoint=_read_url(document, "authorization_endpoint", expected_issuer),
            token_endpoint=_read_url(document, "token_endpoint", expected_issuer),
            jwks_uri=_read_url(document, "jwks_uri", expected_issuer),
            userinfo_endpoint=_read_url(document, "userinfo_endpoint", expected_issuer) if has_userinfo else None,
            algorithms=_choose(document, "id_token_signing_alg_values_supported", ALLOWED_ALGORITHMS, "RS256"),
            token_auth_method=_choose(
                document, "token_endpoint_auth_methods_supported", _AUTH_METHODS, _AUTH_METHODS[0]
            )[0],
        )


class Discovery:
    """One provider's metadata, fetched when a login needs it."""

    def __init__(self, provider: OidcProvider, http: ProviderHttp, clock: Clock) -> None:
        self._issuer = provider.issuer
        self._http = http
        self._metadata = Remembered(self._fetch, clock)

    async def get(self, max_age: timedelta = METADATA_LIFETIME) -> ProviderMetadata:
        """Return the metadata. Raises `ProviderAwayError` or `UnusableProviderAnswerError`."""
        return await self._metadata.get(max_age)

    async def _fetch(self) -> ProviderMetadata:
        answer = await self._http.get(get_well_known_url(self._issuer, external=True))
        return ProviderMetadata.from_document(answer.require_ok(), self._issuer)


def _read_url(document: Mapping[str, Any], name: str, issuer: str) -> str:
    url = document.get(name)
    if not isinstance(url, str) or not _is_acceptable(url, issuer):
        raise UnusableProviderAnswerError(f"The sign-in provider's {name} is not usable.")
    return url


def _is_acceptable(url: str, issuer: str) -> bool:
    """Whether secrets may be sent there: by https, or by plain http where that was chosen with the issuer."""
    try:
        parts, chosen = urlsplit(url), urlsplit(issuer)
        if not url.isascii() or not url.isprintable() or not parts.hostname or parts.port == 0:
            return False
        is_chosen_plain = chosen.scheme == "http" and parts.hostname == chosen.hostname
        return parts.scheme == "https" or (parts.scheme == "http" and is_chosen_plain)
    except ValueError:
        return False


def _choose(document: Mapping[str, Any], name: str, ours: tuple[str, ...], default: str) -> tuple[str, ...]:
    theirs = document.get(name, [default])
    chosen = tuple(value for value in ours if isinstance(theirs, list) and value in theirs)
    if not chosen:
        raise UnusableProviderAnswerError(f"The sign-in provider offers nothing usable among {name}.")
    return chosen
