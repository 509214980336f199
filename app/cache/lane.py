"""A lane to the cache server: the calls of one moment travel in one pipeline, equal ones as one."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog

from app.cache.client import CACHE_ERRORS, RedisClient
from app.cache.patience import patience
from app.cache.round_trip import Command, RoundTrips

# In one turn of the event loop those who were answered answer their clients, in the next it reads what these ask
# then, and in one more they ask the cache for that.
TURNS_TO_COME_BACK = 3

logger = structlog.get_logger(__name__)


class CacheCallError(Exception):
    """The cache server did not answer, or with an error; `began` is when the call was sent (event loop's clock)."""

    def __init__(self, cause: BaseException, began: float) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.cause = cause
        self.began = began


class Lane:
    """One pipeline at a time. No call is cancelled with its caller, so that no connection is left with half a reply.

    What arrives while a pipeline is under way forms the next one; a call never joins one that was sent before it,
    because its answer must not be older than the question.
    """

    def __init__(
        self, client: RedisClient, timeout_seconds: Callable[[], float], turns_to_come_back: int = 0
    ) -> None:
        """After a pipeline of several calls the next waits `turns_to_come_back` for those who come back at once.

        One half of the callers would otherwise be answered while the other waits, in twice as many pipelines.
        """
        self._round_trips = RoundTrips(client)
        self._timeout_seconds = timeout_seconds
        self._turns_to_come_back = turns_to_come_back
        # Asking which loop runs is a system call, made for every read.
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Command, list[asyncio.Future[Any]]] = {}
        self._runner: asyncio.Task[None] | None = None

    async def call(self, command: Command) -> Any:
        """Return the server's reply. Raises `CacheCallError`."""
        result = await self.post(command)
        if isinstance(result, CacheCallError):
            raise result
        return result

    def post(self, command: Command) -> asyncio.Future[Any]:
        """Make a call; the result will be the server's reply or a `CacheCallError`."""
        reply = self._loop.create_future()
        waiting = self._waiting.get(command)
        if waiting is None:
            self._waiting[command] = [reply]
            if self._runner is None:
                self._runner = self._loop.create_task(self._run())
        else:
            waiting.append(reply)
        return reply

    async def close(self) -> None:
        """Wait for the pipeline under way, which has a deadline, and close the connection."""
        if self._runner is not None:
            await asyncio.wait([self._runner])
        await self._round_trips.close()

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, {}
                await self._execute(batch)
                if sum(map(len, batch.values())) > 1:
                    for _ in range(self._turns_to_come_back):
                        await asyncio.sleep(0)
        finally:
            self._runner = None

    async def _execute(self, batch: dict[Command, list[asyncio.Future[Any]]]) -> None:
        began = self._loop.time()
        try:
            async with patience(self._timeout_seconds()):
                replies = await self._round_trips.make(list(batch))
        except CACHE_ERRORS as error:
            replies = [error] * len(batch)
        except Exception as error:
            logger.exception("cache_call_failed")  # a fault of ours or the library's; nobody is left waiting
            replies = [error] * len(batch)
        for reply, waiting in zip(replies, batch.values(), strict=True):
            result = CacheCallError(reply, began) if isinstance(reply, Exception) else reply
            for caller in waiting:
                if not caller.done():  # one that was cancelled hears nothing more
                    caller.set_result(result)
