"""`taskfleet worker`: the background work of all modules as a process of its own."""

import asyncio
import signal
from contextlib import AsyncExitStack
from http import HTTPStatus

import structlog
from pydantic_core import to_json

from app.api.health import READINESS_TIMEOUT_SECONDS
from app.bootstrap import open_store
from app.core.end_signals import die_by, is_impatient, signals_of_the_end
from app.core.error_reports import configure_error_reports
from app.core.metrics import Metrics
from app.core.operations_server import OperationsAnswer
from app.core.settings import Settings
from app.data.store import Store
from app.modules import run_background_work
from app.monitoring import check_metrics_ports, run_monitoring

_JSON = "application/json"

logger = structlog.get_logger(__name__)


def run_worker(settings: Settings) -> None:
    """Work until SIGINT, SIGTERM or a hang-up, and return when what was begun is finished. Raises `ListenError`."""
    check_metrics_ports(settings.observability, 1)
    configure_error_reports(settings.observability, settings.runtime.profile)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop = _hear_signals()
    metrics = Metrics(settings.observability.revision)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings, metrics))
        probes = _Probes(store)
        paths = {"/livez": probes.tell_life, "/readyz": probes.tell_readiness}
        await stack.enter_async_context(run_monitoring(settings.observability, metrics, paths=paths))
        await stack.enter_async_context(run_background_work(settings, store, metrics))
        logger.info("worker_started", modules=sorted(settings.runtime.enabled_modules))
        await stop.wait()
        metrics.draining.set(1)
    logger.info("worker_ended")


def _hear_signals() -> asyncio.Event:
    """Return what the first signal of the end sets; a second one ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    numbers = signals_of_the_end()

    def end(number: signal.Signals) -> None:
        stop.set()
        for handled in numbers:
            loop.remove_signal_handler(handled)
            signal.signal(handled, lambda again, _frame: die_by(again) if is_impatient(again) else None)
        logger.info("worker_ending", signal=number.name)

    for number in numbers:
        loop.add_signal_handler(number, end, number)
    return stop


class _Probes:
    """What orchestrators ask for, as the API has it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def tell_life(self) -> OperationsAnswer:
        return OperationsAnswer(to_json({"status": "alive"}), content_type=_JSON)

    async def tell_readiness(self) -> OperationsAnswer:
        if await self._store.is_ready_within(READINESS_TIMEOUT_SECONDS):
            return OperationsAnswer(to_json({"status": "ready", "mongodb": "ok"}), content_type=_JSON)
        away = to_json({"status": "unavailable", "mongodb": "away"})
        return OperationsAnswer(away, HTTPStatus.SERVICE_UNAVAILABLE, _JSON)
