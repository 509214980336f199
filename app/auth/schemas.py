"""What goes in and out of sign-in, session and profile routes."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.api.pagination import DEFAULT_PAGE_SIZE, CursorText, Limit
from app.api.schemas import NO_NUL, Id, Instant, Revision, StrictModel, refuse_nul_deeply
from app.api.timezones import TimeZoneName
from app.auth.emails import normalise_email
from app.auth.sign_in import MAX_NAME_LENGTH
from app.core.identity import Role

# Ours have 107 characters; the rest is room for whatever a client sends by mistake.
_MAX_TOKEN_LENGTH = 4_096
# With the rest of the login state it fits into a cookie of 4,096 bytes (RFC 6265, section 6.1).
_MAX_PATH_LENGTH = 1_024
# RFC 5646, section 4.4.1 recommends room for 35 characters.
_LOCALE_PATTERN = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$"
_MAX_LOCALE_LENGTH = 35

# What a URL may hold as it is (RFC 3986, section 2), the percent sign of what is quoted already included.
_URL_CHARACTERS = "/?#[]@!$&'()*+,;=:%-._~"


def refuse_blank(value: str) -> str:
    """Let text pass that holds more than white space."""
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def check_local_path(path: str) -> str:
    """Return a path on this site in ASCII; refuse everything that a browser could take for another site."""
    if not path.startswith("/") or "\\" in path or not path.isprintable() or "//" in path.partition("?")[0]:
        raise ValueError("must be a path on this site such as /tasks")
    quoted = quote(path, safe=_URL_CHARACTERS)
    if len(quoted) > _MAX_PATH_LENGTH:
        raise ValueError(f"must not be longer than {_MAX_PATH_LENGTH} characters")
    return quoted


LocalPath = Annotated[
    str, AfterValidator(check_local_path), Field(description="Where to go afterwards", examples=["/tasks"])
]
Name = Annotated[
    str,
    Field(min_length=1, max_length=MAX_NAME_LENGTH, examples=["Ada Lovelace"]),
    NO_NUL,
    AfterValidator(refuse_blank),
]
Locale = Annotated[
    str, Field(pattern=_LOCALE_PATTERN, max_length=_MAX_LOCALE_LENGTH, description="BCP 47", examples=["en-GB"])
]
ClientSettings = Annotated[
    dict[str, Any],
    AfterValidator(refuse_nul_deeply),
    Field(description="Whatever clients keep for the user, up to 16 KiB", examples=[{"theme": "dark"}]),
]


class PageParameters(BaseModel):
    """Which page."""

    model_config = ConfigDict(extra="forbid")

    limit: Limit = DEFAULT_PAGE_SIZE
    cursor: CursorText | None = None


class DevLogin(StrictModel):
    """Who to sign in as; only the local profile believes it."""

    email: Annotated[
        str, Field(max_length=320, examples=["ada@example.org"]), NO_NUL, AfterValidator(normalise_email)
    ]
    name: Name | None = None


class CallbackParameters(BaseModel):
    """What the provider sends back with the browser; some send more, which means nothing here."""

    state: Annotated[str, Field(max_length=256, description="As the login gave it to the provider")] = ""
    code: Annotated[str | None, Field(max_length=_MAX_TOKEN_LENGTH, description="The authorisation code")] = None
    error: Annotated[str | None, Field(max_length=256, description="Why there is no code")] = None


class RefreshTokenBody(StrictModel):
    """The refresh token of a caller that keeps no cookies."""

    refresh_token: (
        Annotated[str, Field(max_length=_MAX_TOKEN_LENGTH, examples=["AZjHom8AcACAAAAAAAAAAA..."]), NO_NUL] | None
    ) = None


class TokenAnswer(BaseModel):
    """An access token and, for callers that are no browsers, the refresh token that comes next."""

    access_token: Annotated[str, Field(examples=["eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9..."])]
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme (RFC 6750), no secret
    expires_in: Annotated[int, Field(description="Seconds", examples=[600])]
    refresh_token: Annotated[str | None, Field(description="Absent for browsers, which get cookies")] = None


class Provider(BaseModel):
    """A way to sign in."""

    name: Annotated[str, Field(examples=["google"])]
    title: Annotated[str, Field(examples=["Google"])]


class ProviderList(BaseModel):
    """The ways to sign in."""

    items: list[Provider]


class JsonWebKeySet(BaseModel):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, str]]


class ProfileOut(BaseModel):
    """The signed-in user."""

    id: Id
    email: Annotated[str | None, Field(examples=["ada@example.org"])]
    name: Name
    picture_url: Annotated[str | None, Field(examples=["https://example.org/ada.png"])]
    role: Role
    timezone: TimeZoneName
    locale: Locale
    settings: ClientSettings
    revision: Revision
    created_at: Instant


class ProfilePatch(StrictModel):
    """A merge patch (RFC 7396) of the profile; null brings the default back, which a name does not have."""

    name: Name | None = None
    timezone: TimeZoneName | None = None
    locale: Locale | None = None
    settings: ClientSettings | None = None


class SessionOut(BaseModel):
    """A session: one device or program that is signed in."""

    id: Id
    created_at: Instant
    last_used_at: Instant
    user_agent: Annotated[str, Field(examples=["Mozilla/5.0 (X11; Linux x86_64)"])]
    current: Annotated[bool, Field(description="Whether this is the session that asks")]


class SessionPage(BaseModel):
    """A page of sessions, the one used last first."""

    items: list[SessionOut]
    next_cursor: Annotated[str | None, Field(description="Where the next page begins; null on the last")]


class ErasureAnswer(BaseModel):
    """The account has ended; its remains are being removed."""

    status: Literal["erasing"] = "erasing"
