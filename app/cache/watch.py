"""The watch over the cache server: whether to call it, and since when what it holds can be believed.

A change is acknowledged even when the cache server could not be told of it. That is safe because of two rules:

- a writer gives up on the server only after it has been silent for `WRITE_PATIENCE_SECONDS`;
- a reader that has not heard from the server for `TRUST_SECONDS`, which is less, believes nothing that was cached
  before it heard from it again and `SETTLING_SECONDS` had passed, within which the writer has heard from it as well.

So whoever could be served what a lost message should have dropped has noticed the silence as well, before the writer
acknowledged. The probes below are what it hears: without them a process that happened to ask nothing meanwhile would
notice nothing. A server that answers with an error counts as silent, because the probe is refused what changes are.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from app.cache.client import CACHE_ERRORS, CALL_TIMEOUT_SECONDS, is_connection_lost
from app.cache.patience import patience
from app.core.metrics import CacheMetrics

# Longer than the pauses of a healthy server and of a busy event loop. Only the first changes of an outage wait for so
# long: a second after it has begun, each takes 0.15 s longer than usual at most.
WRITE_PATIENCE_SECONDS = 0.8
PROBE_SECONDS = 0.05
# So late may a probe be, in a process that has more to do than it can, before everything has to be cached anew.
TRUST_SECONDS = 0.6
# By then a writer that has been waiting has heard of the server as well: a period, a probe that is answered late, and
# as much again for a busy event loop.
SETTLING_SECONDS = 0.3

# Beyond what `int(born)` can be: nothing is believed before the first probe was answered.
_NEVER = 2**63

logger = structlog.get_logger(__name__)


class Watch:
    """Probes the server for as long as `run` runs; its circuit breaker is open while it does not answer in time."""

    def __init__(
        self,
        server_time_us: Callable[[], Awaitable[int]],
        metrics: CacheMetrics,
        on_return: Callable[[], Awaitable[None]],
    ) -> None:
        self._server_time_us = server_time_us
        self._metrics = metrics
        self._on_return = on_return
        # Asking which loop runs is a system call, made for every read.
        self._time = asyncio.get_running_loop().time
        self._horizon_us = _NEVER
        self._latest_us = 0
        self._confirmed_at = float("-inf")
        self._silent_since: float | None = None
        # Whether reads are better not tried: the breaker is open.
        self.is_away = True
        self._metrics.breaker_open.set(1)

    @property
    def is_current(self) -> bool:
        """Whether the server was heard of lately enough to believe any of it."""
        return self._time() - self._confirmed_at < TRUST_SECONDS

    def believes(self, born_us: int) -> bool:
        """Whether a generation that was born then can hold nothing that a lost message should have dropped."""
        return born_us > self._horizon_us

    def silent_seconds(self) -> float:
        """For how long every call has gone unanswered; 0 when the latest one was answered."""
        return 0 if self._silent_since is None else self._time() - self._silent_since

    def report_answer(self) -> bool:
        """The server has answered a call; return whether any of what it says can be believed (`is_current`)."""
        self._silent_since = None
        return self.is_current

    def report_failure(self, error: BaseException, began: float) -> None:
        """A call that began then has failed; the breaker opens until the next probe."""
        if self._silent_since is None:
            self._silent_since = began
        if is_connection_lost(error):
            self.distrust()  # the server may be another one when it is there again
        self._open()

    def distrust(self) -> None:
        """Believe nothing that is cached now: something that should have been dropped may still be there."""
        self._confirmed_at = float("-inf")
        self._open()

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            await self._probe()
            await asyncio.sleep(PROBE_SECONDS)

    async def _probe(self) -> None:
        began = self._time()
        try:
            async with patience(CALL_TIMEOUT_SECONDS):
                server_us = await self._server_time_us()
        except CACHE_ERRORS as error:
            self._metrics.errors.labels("probe").inc()
            self.report_failure(error, began)
            return
        except Exception:
            logger.exception("cache_probe_failed")  # a fault of ours or the library's, which must not end the watch
            self.distrust()
            return
        was_away = self.is_away
        self._confirm(began, server_us)
        if was_away:
            if not self.is_away:
                logger.info("cache_available")
            await self._on_return()

    def _confirm(self, began: float, server_us: int) -> None:
        if not self.is_current or server_us < self._latest_us:
            # After a silence, or with a clock that was set back. What was born on the earlier clock looks younger
            # than it is until that instant comes again.
            self._horizon_us = max(server_us, self._latest_us) + round(SETTLING_SECONDS * 1_000_000)
        self._latest_us = max(server_us, self._latest_us)
        self._confirmed_at = began
        self._silent_since = None
        self.is_away = not self.believes(server_us)  # what would be cached now could not be believed either
        self._metrics.breaker_open.set(self.is_away)

    def _open(self) -> None:
        if not self.is_away:
            logger.warning("cache_away")
        self.is_away = True
        self._metrics.breaker_open.set(1)
