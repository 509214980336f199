"""Documents as they travel: BSON as the server sent it, for reading many at little cost."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import bson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

# Reads documents without a look inside, and writes ids in queries as everywhere.
RAW_CODEC: CodecOptions[RawBSONDocument] = CodecOptions(
    document_class=RawBSONDocument, uuid_representation=UuidRepresentation.STANDARD
)
# Making `UUID` objects and instants with a zone takes most of decoding a document. Ids stay `bytes` of 16, and
# instants, which BSON holds in UTC, have no zone.
_WIRE_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    document_class=dict, uuid_representation=UuidRepresentation.UNSPECIFIED, tz_aware=False
)


def decode_wire(document: bytes) -> dict[str, Any]:
    """Return the members of a document, its ids as `bytes` and its instants without a zone."""
    return bson.decode(document, _WIRE_CODEC)


def from_wire(value: Any) -> Any:
    """Return the object that such an id or instant stands for; anything else stays what it is."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    return UUID(bytes=bytes(value)) if isinstance(value, bytes) else value
