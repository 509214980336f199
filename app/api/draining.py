"""The last moments of a process: it goes on answering, and tells everybody to go elsewhere."""

from typing import ClassVar

from app.core.errors import ProblemError
from app.core.metrics import Metrics

# Under this name the app hands the server, in the state of its lifespan, what to tell of the end.
DRAINING = "draining"


class ShuttingDownError(ProblemError):
    """This process is about to end; others serve, or will in a moment."""

    slug = "shutting-down"
    title = "Shutting down"
    status = 503

    # As long as the start of a process takes.
    RETRY_AFTER_SECONDS: ClassVar[int] = 5

    def __init__(self) -> None:
        super().__init__(
            "The process is shutting down.",
            headers={"Retry-After": str(self.RETRY_AFTER_SECONDS)},
        )


class Draining:
    """Whether this process is about to end; built once, found on `app.state.draining`."""

    def __init__(self, delay_seconds: float, metrics: Metrics) -> None:
        """`delay_seconds` is how long requests are still served after the beginning of the end."""
        self.delay_seconds = delay_seconds
        self.has_begun = False
        self._gauge = metrics.draining

    def begin(self) -> None:
        """From now on the process is not ready, and lets go of each connection with its next answer."""
        self.has_begun = True
        self._gauge.set(1)
