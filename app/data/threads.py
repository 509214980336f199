"""MongoDB's operations in threads: what Motor does, with less on the way there and back.

Motor calls PyMongo in a thread for each operation; the way there and back takes half as long as the operation itself.
So a transaction stays in one thread from its beginning to its end, and the results of one moment wake the event loop
once (docs/decisions/0044-transactions-in-one-thread.md).
"""

import asyncio
import contextlib
import functools
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, TypeVar

from pymongo.client_session import ClientSession

Result = TypeVar("Result")

_Call = tuple[Context, Callable[[], Any], "asyncio.Future[Any]"]
_Calls = SimpleQueue[_Call | None]

# Has an attribute in the threads of a pool.
_here = threading.local()


class Threads:
    """A pool of threads for calls that wait, of one event loop."""

    def __init__(self, limit: int) -> None:
        """`limit` is how many threads there may be; each is started when it is first needed."""
        self._limit = limit
        self._threads: list[threading.Thread] = []
        self._calls: _Calls = SimpleQueue()
        self._outcomes: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._under_way = 0
        self._is_waking = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, call: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Make a call in a thread, in a copy of the caller's context. Cancelled, a call that has begun goes on."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        if self._under_way >= len(self._threads) < self._limit:
            self._start_thread()
        future: asyncio.Future[Result] = self._loop.create_future()
        self._under_way += 1
        self._calls.put((copy_context(), call, future))
        return future

    def close(self) -> None:
        """Let every thread end after the calls that were made; a later call would get a thread of its own."""
        for _ in self._threads:
            self._calls.put(None)
        self._threads.clear()
        self._calls = SimpleQueue()

    def _start_thread(self) -> None:
        # A daemon, since nobody waits at the end for a server that does not answer.
        thread = threading.Thread(target=self._work, args=(self._calls,), name="mongo", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no more for us
            if not self._threads:
                raise
        else:
            self._threads.append(thread)

    def _work(self, calls: _Calls) -> None:
        _here.is_in_pool = True
        while (made := calls.get()) is not None:
            context, call, future = made
            # Who reads `is_waking` as true has an outcome in place that the loop will find when it comes to it.
            self._outcomes.append((future, *_call(context, call, future)))
            del made, context, call, future
            if not self._is_waking:
                self._is_waking = True
                assert self._loop is not None  # noqa: S101 - `run` has set it
                with contextlib.suppress(RuntimeError):  # the loop was closed; nobody waits any more
                    self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._is_waking = False
        while self._outcomes:
            future, result, error = self._outcomes.popleft()
            self._under_way -= 1
            if future.cancelled():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


def _call(
    context: Context, call: Callable[[], Any], future: "asyncio.Future[Any]"
) -> tuple[Any, BaseException | None]:
    if future.cancelled():
        return None, None
    del future  # the traceback of an error would hold it, and it the error
    try:
        return context.run(call), None
    except StopIteration as error:
        return None, RuntimeError(f"a call raised {error!r}")  # a future cannot take it
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the caller's
        return None, error


class ThreadSession:
    """A session for the thread that opened it, in which its operations are over when they are called."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session

    @property
    def driver_session(self) -> ClientSession:
        """The session as PyMongo knows it."""
        return self._session

    async def commit_transaction(self) -> None:
        """Commit."""
        self._session.commit_transaction()

    async def abort_transaction(self) -> None:
        """Abort."""
        self._session.abort_transaction()

    async def perform(self, operation: Callable[..., Result], *args: Any, **options: Any) -> Result:
        """Call one of PyMongo's operations in this session."""
        return operation(*args, **{**options, "session": self._session})


class ThreadedCollection:
    """A collection of PyMongo's whose operations are made in threads; those of a transaction in its own."""

    def __init__(self, collection: Any, threads: Threads) -> None:
        self._collection = collection
        self._threads = threads

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        operation = functools.partial(self._perform, getattr(self._collection, name))
        setattr(self, name, operation)
        return operation

    def find(self, *args: Any, **options: Any) -> "_ThreadedCursor":
        """Return a cursor, which asks the server when it is asked itself."""
        return _ThreadedCursor(self._perform, self._collection.find, args, options)

    def aggregate(self, *args: Any, **options: Any) -> "_ThreadedCursor":
        """Return a cursor, which asks the server when it is asked itself."""
        return _ThreadedCursor(self._perform, self._collection.aggregate, args, options)

    def _perform(self, operation: Callable[..., Result], *args: Any, **options: Any) -> Awaitable[Result]:
        session = options.get("session")
        if isinstance(session, ThreadSession):
            return session.perform(operation, *args, **options)
        if session is not None:
            options["session"] = session.delegate  # of one that Motor opened, for a snapshot
        if hasattr(_here, "is_in_pool"):  # within a transaction, but not a part of it
            return _perform_here(operation, *args, **options)
        return self._threads.run(functools.partial(operation, *args, **options))


async def _perform_here(operation: Callable[..., Result], *args: Any, **options: Any) -> Result:
    return operation(*args, **options)


class _ThreadedCursor:
    """The documents of a query, as many at a time as are asked for."""

    def __init__(
        self,
        perform: Callable[..., Awaitable[list[Any]]],
        query: Callable[..., Any],
        args: Sequence[Any],
        options: Mapping[str, Any],
    ) -> None:
        self._perform = perform
        self._query = query
        self._args = args
        self._options = options
        self._cursor: Any = None

    def to_list(self, length: int | None = None) -> Awaitable[list[Any]]:
        """Return the next documents."""
        return self._perform(self._read, length, **self._options)

    def _read(self, length: int | None, **options: Any) -> list[Any]:
        if self._cursor is None:
            self._cursor = self._query(*self._args, **options)
        documents: list[Any] = self._cursor.to_list(length)
        return documents


async def run_transaction(
    threads: Threads,
    open_session: Callable[[], AbstractContextManager[ClientSession]],
    work: Callable[[ThreadSession], Coroutine[Any, Any, Result]],
) -> Result:
    """Run `work` with a session of its own in one thread.

    It may await operations and `pause`. Raises `RuntimeError` when it waits for anything else.
    """

    def run() -> Result:
        with open_session() as session:
            return _finish(work(ThreadSession(session)))

    return await threads.run(run)


def _finish(work: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of a coroutine that waits for nothing, as its operations are over when they are called."""
    try:
        waits_for = work.send(None)
        while waits_for is None:  # for its next turn (`asyncio.sleep(0)`)
            time.sleep(0)
            waits_for = work.send(None)
        work.throw(RuntimeError(f"a transaction waits for its own operations alone, not for {waits_for!r}"))
    except StopIteration as end:
        result: Result = end.value
        return result
    finally:
        work.close()
    raise RuntimeError("a transaction went on to wait")


async def pause(seconds: float) -> None:
    """Wait for so long, in the event loop or in a thread without one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        time.sleep(seconds)  # noqa: ASYNC251 - there is no loop to hold up
    else:
        await asyncio.sleep(seconds)
