"""Error reports to Sentry: faults of ours with their stack, without what users wrote or who they are."""

from typing import TYPE_CHECKING, Any

import sentry_sdk

from app import __version__
from app.core.secret_paths import hide_secrets
from app.core.settings import ObservabilitySettings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


def configure_error_reports(settings: ObservabilitySettings, environment: str) -> None:
    """Send unhandled errors to the configured Sentry project; without a DSN nothing is sent."""
    if settings.sentry_dsn is None:
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        release=f"taskfleet@{__version__}",
        environment=environment,
        # Nothing is said of personal data, which leaves them out; saying so is deprecated.
        # Local variables and bodies hold task texts and tokens.
        include_local_variables=False,
        max_request_body_size="never",
        before_send=_hide_secrets_of_event,
    )


def _hide_secrets_of_event(event: "Event", _hint: "Hint") -> "Event":
    """Take secrets out of the paths that a report tells of: that of its request, and those of breadcrumbs."""
    hidden: Event = _hide_deeply(event)
    return hidden


def _hide_deeply(value: Any) -> Any:
    match value:
        case str():
            return hide_secrets(value)
        case dict():
            return {name: _hide_deeply(member) for name, member in value.items()}
        case list() | tuple():
            return [_hide_deeply(member) for member in value]
        case _:
            return value
