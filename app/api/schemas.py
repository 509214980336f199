"""The building blocks of request and response models: strict, bounded, with nothing coerced."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

_ID_PATTERN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# RFC 3339, section 5.6, with the offset required.
_INSTANT_PATTERN = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


class StrictModel(BaseModel):
    """A request body: unknown fields are refused and no type is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)


def parse_id(value: object) -> UUID:
    """Read an id: a UUID in lower-case text."""
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not _ID_PATTERN.fullmatch(value):
        raise ValueError("must be a UUID in lower-case text")
    return UUID(value)


def parse_instant(value: object) -> datetime:
    """Read an RFC 3339 instant; the result is in UTC, cut to milliseconds."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _INSTANT_PATTERN.fullmatch(value):
        raise ValueError("must be an instant such as 2026-12-01T09:30:00Z")
    try:
        instant = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is not an instant that exists") from None
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def refuse_nul(value: str) -> str:
    """Let text pass that holds no NUL; lone surrogates never get this far."""
    if "\x00" in value:
        raise ValueError("must not contain NUL")
    return value


def refuse_nul_deeply(value: Any) -> Any:
    """Apply `refuse_nul` to every string and key of a JSON value."""
    if isinstance(value, str):
        refuse_nul(value)
    elif isinstance(value, dict):
        for key, member in value.items():
            refuse_nul(key)
            refuse_nul_deeply(member)
    elif isinstance(value, list):
        for member in value:
            refuse_nul_deeply(member)
    return value


Id = Annotated[
    UUID,
    BeforeValidator(parse_id),
    WithJsonSchema({"type": "string", "format": "uuid", "examples": ["0198c7a2-6f00-7000-8000-000000000000"]}),
]
Instant = Annotated[
    datetime,
    BeforeValidator(parse_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-12-01T08:30:00.000Z"]}),
]
# Stands behind the length limits of a text, whose messages and schema it would change ahead of them.
NO_NUL = AfterValidator(refuse_nul)
Text = Annotated[str, NO_NUL]
Revision = Annotated[int, Field(ge=0, description="Counts the user's changes", examples=[42])]
