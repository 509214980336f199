"""Time zones under the names that Windows has for them, beside those of the IANA database."""

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from app.tasks.portability.foreign import known_timezone


def find_timezone(name: object) -> str | None:
    """Return the IANA name of a zone by either name (Unicode CLDR, `windowsZones.xml`), or None."""
    return known_timezone(WINDOWS_TO_OLSON.get(name, name)) if isinstance(name, str) else None
