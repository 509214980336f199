"""Push services that refuse our key, as the operator is told of them: who alone can mend it."""

from datetime import datetime, timedelta

import structlog

# Each push is refused meanwhile; a line an hour says it often enough.
PERIOD = timedelta(hours=1)
# There are some four large push services, but users name whatever they like as theirs.
_MAX_SERVICES = 100

logger = structlog.get_logger(__name__)


class KeyRefusals:
    """Logs refusals: one a period for each push service, of so many of them at most."""

    def __init__(self) -> None:
        self._told_at: dict[str, datetime] = {}

    def tell(self, service: str, status: int, now: datetime) -> None:
        """Log that a push service, known by its origin, has refused our key, unless it was logged lately."""
        self._told_at = {told: at for told, at in self._told_at.items() if now - at < PERIOD}
        if service in self._told_at or len(self._told_at) >= _MAX_SERVICES:
            return
        self._told_at[service] = now
        logger.error("push_key_refused", service=service, status=status)
