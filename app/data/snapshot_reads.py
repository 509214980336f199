"""Reads of one point in time: everything that is read belongs together, however long it takes to read it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping
from typing import Any, TypeVar

Result = TypeVar("Result")


class SnapshotReads:
    """Reads in a snapshot session; the first of them decides on the point in time.

    The server keeps what was overwritten for five minutes (`minSnapshotHistoryWindowInSeconds`); a read after that
    raises a driver error.
    """

    def __init__(self, database: Any, session: Any) -> None:
        """`database` is the driver's, `session` one that it opened for a snapshot."""
        self._database = database
        self.session = session
        self._cursors: list[Any] = []
        self._running: set[asyncio.Task[Any]] = set()

    async def batches(
        self, collection: str, query: Mapping[str, Any], *, batch_size: int, **options: Any
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Yield what a query finds, so many documents at a time, each batch read when it is asked for."""
        cursor = self._database[collection].find(query, session=self.session, batch_size=batch_size, **options)
        self._cursors.append(cursor)
        while batch := await self.ask(cursor.to_list(batch_size)):
            yield batch

    async def ask(self, operation: Awaitable[Result]) -> Result:
        """Await an operation in this session, which a caller that is cancelled leaves to end by itself.

        A session must not be used by two operations at once, and the drivers do not clean up well in the middle.
        """
        task = asyncio.ensure_future(operation)
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End cursors and session, after an operation whose caller has gone."""
        if self._running:
            await asyncio.wait(self._running)
        for cursor in self._cursors:
            # The server refuses what the drivers send in a snapshot session; they repeat it without, a second later.
            await cursor.close()
        await self.session.end_session()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as seen: nobody may be left to be told
