"""What a request to stop mails may look like: JSON from a page, or the form that mail programs send (RFC 8058)."""

import re
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import Field, ValidationError

from app.api.problems import InvalidInputError, PayloadTooLargeError, UnsupportedMediaTypeError
from app.api.schemas import StrictModel
from app.api.strict_json import parse_strict_json

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
# RFC 8058, section 3.1.
_FIELD, _VALUE = "List-Unsubscribe", "One-Click"
# Several times what a page or a mail program sends; anybody may send it, as often as they like.
MAX_BODY_BYTES = 2_048
# RFC 2046, section 5.1.1, and RFC 7578, section 4.2. The library's parser of mails takes parts within parts, charsets
# and encodings as well, and fails at some of them in ways of its own.
_BOUNDARY = re.compile(r""";\s*boundary="?([A-Za-z0-9'()+_,./:=?-]{1,70})"?\s*(?:;|$)""", re.ASCII | re.IGNORECASE)
_NAME = re.compile(
    r"""^content-disposition:\s*form-data\s*;\s*name="?([A-Za-z-]+)"?\s*$""",
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)

TokenText = Annotated[str, Field(min_length=1, max_length=200, examples=["AZjHom8AcACAAAAAAAAAAA..."])]


class UnsubscribeRequest(StrictModel):
    """The token of a link in a mail."""

    token: TokenText


_FORM_SCHEMA = {
    "schema": {
        "type": "object",
        "properties": {_FIELD: {"type": "string", "const": _VALUE}},
        "required": [_FIELD],
    }
}

UNSUBSCRIBE_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        _JSON: {"schema": UnsubscribeRequest.model_json_schema()},
        _FORM: _FORM_SCHEMA,
        _MULTIPART: _FORM_SCHEMA,
    },
}


def read_unsubscribe_token(content_type: str, body: bytes, token: str | None) -> str:
    """Return the token of a request: that of the query with a form, else that of the JSON body.

    Raises `PayloadTooLargeError`, `UnsupportedMediaTypeError`, `MalformedBodyError` or `InvalidInputError`.
    """
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLargeError(f"The body is longer than {MAX_BODY_BYTES} bytes.")
    match content_type.partition(";")[0].strip().lower():
        case "application/json":
            return _read_json(body)
        case "application/x-www-form-urlencoded":
            fields = _read_form(body)
        case "multipart/form-data":
            fields = _read_multipart(content_type, body)
        case _:
            raise UnsupportedMediaTypeError("The body must be application/json, or the form of RFC 8058.")
    if (_FIELD, _VALUE) not in fields:
        raise InvalidInputError([{"pointer": f"/{_FIELD}", "detail": f"must be {_VALUE}"}])
    if token is None:
        raise InvalidInputError([{"pointer": "/token", "detail": "must be given in the query beside a form"}])
    return token


def _read_json(body: bytes) -> str:
    try:
        return UnsubscribeRequest.model_validate(parse_strict_json(body)).token
    except ValidationError as error:
        raise InvalidInputError.from_pydantic(error) from None


def _read_form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("ascii"), max_num_fields=1)
    except ValueError:
        return []


def _read_multipart(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """Read the fields of a form as RFC 7578 has it: parts without parts of their own, as they are."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        return []
    parts = body.decode("latin-1").split(f"--{boundary[1]}")
    return [field for part in parts if (field := _read_part(part)) is not None]


def _read_part(part: str) -> tuple[str, str] | None:
    head, _, value = part.partition("\r\n\r\n")
    name = _NAME.search(head)
    return None if name is None else (name[1], value.strip())
