"""How a process is watched from outside: the lag of its event loop, and the port for Prometheus and probes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from app.core.event_loop_lag import run_lag_measurement
from app.core.metrics import CONTENT_TYPE, Metrics
from app.core.operations_server import OperationsAnswer, OperationsPaths, OperationsServer
from app.core.settings import ObservabilitySettings
from app.serving import ListenError, open_listener

METRICS_PATH = "/metrics"

_LAST_PORT = 65_535

logger = structlog.get_logger(__name__)


@asynccontextmanager
async def run_monitoring(
    settings: ObservabilitySettings, metrics: Metrics, *, paths: OperationsPaths | None = None
) -> AsyncIterator[None]:
    """Measure the event loop and, if there is a port for it, serve `/metrics` and the further `paths`.

    If somebody took the port after the start, the process says so and goes on without: it is there for its users.
    """

    async def tell_metrics() -> OperationsAnswer:
        return OperationsAnswer(await metrics.render_beside_others(), content_type=CONTENT_TYPE)

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(run_lag_measurement(metrics.event_loop_lag))
        if settings.metrics_port is not None:
            try:
                listener = open_listener(settings.metrics_host, settings.metrics_port)
            except ListenError as error:
                logger.error("metrics_port_taken", error=str(error))
            else:
                served = {METRICS_PATH: tell_metrics, **(paths or {})}
                await stack.enter_async_context(OperationsServer(listener, served).run())
        yield


def check_metrics_ports(settings: ObservabilitySettings, processes: int) -> None:
    """Raise `ListenError`, with one line that names the setting, unless there is a free port for every process."""
    if settings.metrics_port is None:
        return
    if settings.metrics_port + processes - 1 > _LAST_PORT:
        raise ListenError(f"TASKFLEET_METRICS_PORT: there are no {processes} ports from {settings.metrics_port} on")
    for port in range(settings.metrics_port, settings.metrics_port + processes):
        try:
            open_listener(settings.metrics_host, port).close()
        except ListenError as error:
            raise ListenError(f"TASKFLEET_METRICS_PORT: {error}") from None
