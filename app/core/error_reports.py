"""Error reports to Sentry: faults of ours with their stack, without what users wrote or who they are."""

import sentry_sdk

from app import __version__
from app.core.settings import ObservabilitySettings


def configure_error_reports(settings: ObservabilitySettings, environment: str) -> None:
    """Send unhandled errors to the configured Sentry project; without a DSN nothing is sent."""
    if settings.sentry_dsn is None:
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        release=f"taskfleet@{__version__}",
        environment=environment,
        send_default_pii=False,
        # Local variables and bodies hold task texts and tokens.
        include_local_variables=False,
        max_request_body_size="never",
    )
