"""Documents as they travel, for reading many: making `UUID` and `datetime` objects takes most of decoding them."""

from typing import Any
from uuid import UUID

from bson.binary import Binary, UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.datetime_ms import DatetimeMS

# Ids stay `bytes` of 16, instants become `DatetimeMS`, of which `int` gives the milliseconds since 1970.
WIRE_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    document_class=dict,
    uuid_representation=UuidRepresentation.UNSPECIFIED,
    datetime_conversion=DatetimeConversion.DATETIME_MS,
)
_UTC_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)


def to_wire(value: Any) -> Any:
    """Return a query with its ids in the form that this codec can write."""
    if isinstance(value, UUID):
        return Binary.from_uuid(value)
    if isinstance(value, dict):
        return {name: to_wire(member) for name, member in value.items()}
    if isinstance(value, list):
        return [to_wire(member) for member in value]
    return value


def from_wire(value: Any) -> Any:
    """Return the object that an id or instant stands for; anything else stays what it is."""
    if isinstance(value, DatetimeMS):
        return value.as_datetime(_UTC_CODEC)
    return UUID(bytes=bytes(value)) if isinstance(value, bytes) else value
