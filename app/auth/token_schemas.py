"""What goes in and out of the routes of personal tokens."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from app.api.schemas import NO_NUL, Id, Instant, StrictModel
from app.auth.schemas import refuse_blank
from app.core.identity import TokenScope

# The contract's number.
MAX_TOKEN_NAME_LENGTH = 100


def _refuse_repetition(scopes: list[TokenScope]) -> list[TokenScope]:
    if len(set(scopes)) < len(scopes):
        raise ValueError("must not name a scope twice")
    return scopes


TokenName = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TOKEN_NAME_LENGTH, description="What it is for", examples=["Backup script"]),
    NO_NUL,
    AfterValidator(refuse_blank),
]
Scopes = Annotated[
    list[TokenScope],
    Field(min_length=1, description="What it may do; none includes another", examples=[["tasks:read"]]),
    AfterValidator(_refuse_repetition),
]
Expiry = Annotated[Instant | None, Field(description="Until when it works, within five years; null: until revoked")]


class TokenDraft(StrictModel):
    """A personal token to be made."""

    name: TokenName
    scopes: Scopes
    expires_at: Expiry = None


class TokenOut(BaseModel):
    """A personal token, without its secret."""

    id: Id
    name: TokenName
    scopes: Scopes
    expires_at: Expiry
    created_at: Instant
    last_used_at: Annotated[Instant | None, Field(description="To about a minute; null: not yet")]
    hint: Annotated[str, Field(description="What the secret ends with", examples=["k3Qz"])]


class MadeTokenOut(TokenOut):
    """A new personal token, with its secret."""

    secret: Annotated[str, Field(description="Shown this once; send it as a bearer token", examples=["tf_05yM..."])]


class TokenPage(BaseModel):
    """A page of personal tokens, the newest first."""

    items: list[TokenOut]
    next_cursor: Annotated[str | None, Field(description="Where the next page begins; null on the last")]
