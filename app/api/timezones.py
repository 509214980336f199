"""Time zone names in requests: those of the IANA database, in its own spelling."""

import functools
import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, Field

# Files of the machine's database that name no zone: what they mean differs from one replica to the next.
_NO_ZONES = frozenset({"Factory", "localtime", "posixrules"})


@functools.cache
def _zone_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - _NO_ZONES


def check_timezone(name: str) -> str:
    """Let the name of an IANA time zone pass."""
    if name not in _zone_names():
        raise ValueError("must be an IANA time zone such as Europe/Paris")
    return name


TimeZoneName = Annotated[str, AfterValidator(check_timezone), Field(max_length=64, examples=["Europe/Paris"])]
