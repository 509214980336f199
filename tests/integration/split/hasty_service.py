"""One process of the service that lives faster: `hasty_service.py FD REFRESH_SECONDS [look-away]`.

It fetches its keys that often, so that a test need not wait for minutes; `look-away` keeps it from looking for keys
that it does not know, which shows what the look is there for.
"""

import sys

from app.core import published_keys
from app.serving import main


async def look_away(_keys: published_keys.PublishedKeys, _key_id: str) -> None:
    """Find nothing."""


if __name__ == "__main__":
    descriptor, refresh_seconds, *sabotages = sys.argv[1:]
    published_keys.REFRESH_SECONDS = float(refresh_seconds)
    if "look-away" in sabotages:
        published_keys.PublishedKeys.look_for = look_away
    main([descriptor])
