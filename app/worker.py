"""`taskfleet worker`: the background work of all modules as a process of its own."""

import asyncio
import signal
import socket
from contextlib import AsyncExitStack

import structlog
from pydantic_core import to_json

from app.api.health import READINESS_TIMEOUT_SECONDS
from app.bootstrap import open_store
from app.core.metrics import CONTENT_TYPE, Metrics
from app.core.plain_http import Page, PlainServer
from app.core.settings import Settings
from app.data.store import Store
from app.modules import run_background_work
from app.serving import open_listener

_JSON = "application/json"
# Probes and Prometheus ask from other machines.
_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - that is what the port is for

logger = structlog.get_logger(__name__)


def run_worker(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM, and return when what was begun is finished. Raises `ListenError`."""
    port = settings.observability.metrics_port
    listener = None if port is None else open_listener(_EVERY_ADDRESS, port)
    asyncio.run(_work(settings, listener))


async def _work(settings: Settings, listener: socket.socket | None) -> None:
    stop = _hear_signals()
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings, metrics))
        if listener is not None:
            pages = _Pages(store, metrics)
            server = PlainServer(
                listener, {"/livez": pages.tell_life, "/readyz": pages.tell_readiness, "/metrics": pages.tell_metrics}
            )
            await stack.enter_async_context(server.run())
        await stack.enter_async_context(run_background_work(settings, store))
        logger.info("worker_started", modules=sorted(settings.runtime.enabled_modules))
        await stop.wait()
        metrics.draining.set(1)
    logger.info("worker_ended")


def _hear_signals() -> asyncio.Event:
    """Return what the first SIGINT or SIGTERM sets; a second one ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end(number: signal.Signals) -> None:
        stop.set()
        for handled in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(handled)
            signal.signal(handled, signal.SIG_DFL)
        logger.info("worker_ending", signal=number.name)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end, number)
    return stop


class _Pages:
    """What orchestrators and Prometheus ask for, as the API has it."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    async def tell_life(self) -> Page:
        return Page(200, _JSON, to_json({"status": "alive"}))

    async def tell_readiness(self) -> Page:
        if await self._store.is_ready_within(READINESS_TIMEOUT_SECONDS):
            return Page(200, _JSON, to_json({"status": "ready", "mongodb": "ok"}))
        return Page(503, _JSON, to_json({"status": "unavailable", "mongodb": "away"}))

    async def tell_metrics(self) -> Page:
        return Page(200, CONTENT_TYPE, self._metrics.render())
