"""What is taken over from a provider's claims, and what of it is believed."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from app.auth.emails import normalise_email
from app.auth.errors import UnusableProviderAnswerError
from app.auth.sign_in import MAX_NAME_LENGTH, ProvenIdentity

# OpenID Connect Core 1.0, section 2: at most 255 ASCII characters.
_MAX_SUBJECT_LENGTH = 255
# What browsers and proxies commonly take.
_MAX_URL_LENGTH = 2_048

_WANTED = ("email", "email_verified", "name", "picture")


def is_complete(id_claims: Mapping[str, Any]) -> bool:
    """Whether the ID token alone says everything that is wanted."""
    return all(name in id_claims for name in _WANTED)


def complete(id_claims: Mapping[str, Any], userinfo: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ID token's claims with what is missing from userinfo.

    Raises `UnusableProviderAnswerError` when userinfo is about somebody else (section 5.3.2).
    """
    if userinfo.get("sub") != id_claims.get("sub"):
        raise UnusableProviderAnswerError("The sign-in provider's userinfo is about somebody else.")
    merged = {**userinfo, **id_claims}
    statements = [
        source["email_verified"]
        for source in (id_claims, userinfo)
        # What is said of another address says nothing of this one.
        if "email_verified" in source and source.get("email", merged.get("email")) == merged.get("email")
    ]
    merged["email_verified"] = bool(statements) and all(statement is True for statement in statements)
    return merged


def read_identity(provider: str, claims: Mapping[str, Any]) -> ProvenIdentity:
    """Return who the claims say has signed in. Raises `UnusableProviderAnswerError` without a usable `sub`."""
    subject = claims.get("sub")
    is_usable = isinstance(subject, str) and subject.isprintable() and subject.isascii()
    if not is_usable or not 0 < len(str(subject)) <= _MAX_SUBJECT_LENGTH:
        raise UnusableProviderAnswerError("The sign-in provider does not say who signed in.")
    return ProvenIdentity(
        provider=provider,
        subject=str(subject),
        email=_read_email(claims),
        name=_read_name(claims.get("name")),
        picture_url=_read_picture(claims.get("picture")),
    )


def _read_email(claims: Mapping[str, Any]) -> str | None:
    """Return the address if the provider has verified it: `true`, not "true"."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    try:
        return normalise_email(email)
    except ValueError:
        return None


def _read_name(name: object) -> str | None:
    if not isinstance(name, str):
        return None
    visible = "".join(character for character in name if character.isprintable())
    return visible.strip()[:MAX_NAME_LENGTH].strip() or None


def _read_picture(url: object) -> str | None:
    if not isinstance(url, str) or len(url) > _MAX_URL_LENGTH or not url.isascii() or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme == "https" and parts.hostname else None
