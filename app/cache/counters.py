"""Requests counted in sliding windows: in this process's memory, with what an exchange needs to share the counts."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from limits.storage import Storage
from limits.storage.base import SlidingWindowCounterSupport

# Keys (users or addresses) that one kind of window holds at most, about 30 MB of memory. A process answers about a
# thousand requests a second, so within a minute, the default window, it meets no more than 60,000 different callers.
# Beyond it the key that was quiet for longest is forgotten.
MAX_KEYS = 60_000

# What is new pushes out two that are past, so that memory shrinks as fast as it grew and nobody has to sweep it.
_FORGOTTEN_PER_NEW_ONE = 2

# A clock that is set back by no more than this only stands still meanwhile, so that no window is entered twice. Time
# servers correct less than 0.128 s gradually and jump beyond it (RFC 5905, STEPT); after a jump counting begins anew.
STANDSTILL_SECONDS = 0.5


class Window:
    """One key's requests in one window.

    `count` is all that is known: what the other processes told, and what this one counted. `pending` of it has not
    been handed on yet, `pushing` is on its way.
    """

    __slots__ = ("count", "index", "is_expiring", "is_lost", "pending", "pushing")

    def __init__(self, index: int, count: int = 0) -> None:
        self.index = index
        self.count = count
        self.pending = 0
        self.pushing = 0
        # Whether the server was told when to forget it.
        self.is_expiring = False
        # Whether the server knows less than it knew before: it has restarted, or evicted the key.
        self.is_lost = False

    def begin_push(self) -> int:
        """Return what is to be added to the shared count; until the push ends it is on its way."""
        self.pushing, self.pending = self.pending, 0
        return self.pushing

    def fail_push(self) -> None:
        """Take back what may not have arrived."""
        self.pending += self.pushing
        self.pushing = 0

    def end_push(self, total: int) -> None:
        """Learn the shared count after a push; what was known before is never unlearnt."""
        self.pushing = 0
        known = total + self.pending
        self.is_lost = known < self.count
        if self.is_lost:
            self.is_expiring = False
        else:
            self.count = known


class Counter:
    """The windows of one key that still matter: the present one and the one before."""

    __slots__ = ("current", "is_previous_settled", "key", "previous")

    def __init__(self, key: str, index: int) -> None:
        self.key = key
        self.current = Window(index)
        self.previous: Window | None = None
        # Whether the count before is known as it was in the end, when no process added to it any more.
        self.is_previous_settled = False

    def at(self, index: int) -> tuple[Window, int]:
        """Return the window of this index and the count of the one before it."""
        current, previous = self.current, self.previous
        if current.index != index:
            # If nobody came for a window, or the clock jumped, what was counted then says nothing about now.
            self.previous = previous = current if current.index == index - 1 else None
            self.current = current = Window(index)
            self.is_previous_settled = False
        return current, 0 if previous is None else previous.count

    def learn_previous(self, count: int) -> None:
        """Take the shared count of the window before the present one, which never shrinks."""
        if self.previous is None:
            self.previous = Window(self.current.index - 1)
        self.previous.count = max(self.previous.count, count + self.previous.pending + self.previous.pushing)


class CounterTable:
    """The counters of all keys with windows of one length."""

    def __init__(self, window_seconds: int, max_keys: int) -> None:
        self.window_seconds = window_seconds
        self._max_keys = max_keys
        # The one that was quiet for longest comes first.
        self._counters: OrderedDict[str, Counter] = OrderedDict()
        self._changed: OrderedDict[Window, Counter] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counters)

    def find(self, key: str, index: int) -> Counter:
        """Return the counter of a key, which is made if there is none."""
        counter = self._counters.get(key)
        if counter is None:
            self._forget(index)
            counter = self._counters[key] = Counter(key, index)
        else:
            self._counters.move_to_end(key)
        return counter

    def mark_changed(self, window: Window, counter: Counter) -> None:
        """Remember that a window is to be exchanged."""
        if window in self._changed:
            return
        for _ in range(_FORGOTTEN_PER_NEW_ONE):
            if self._changed and not _is_recent(next(iter(self._changed)), window.index):
                self._changed.popitem(last=False)
        self._changed[window] = counter

    @property
    def changed_count(self) -> int:
        """How many windows wait to be exchanged."""
        return len(self._changed)

    def take_changed(self, index: int, max_windows: int) -> list[tuple[Window, Counter]]:
        """Return some of the windows that wait, those that have waited longest first; they wait no longer."""
        taken: list[tuple[Window, Counter]] = []
        while self._changed and len(taken) < max_windows:
            window, counter = self._changed.popitem(last=False)
            if _is_recent(window, index):
                taken.append((window, counter))
        return taken

    def clear(self, key: str | None = None) -> None:
        """Forget one key, or all."""
        keys = list(self._counters) if key is None else [key]
        for known in keys:
            self._drop(self._counters.pop(known, None))

    def _forget(self, index: int) -> None:
        for _ in range(_FORGOTTEN_PER_NEW_ONE):
            if self._counters:
                oldest = next(iter(self._counters.values()))
                if not _is_recent(oldest.current, index):
                    self._drop(self._counters.pop(oldest.key))
        if len(self._counters) >= self._max_keys:
            self._drop(self._counters.popitem(last=False)[1])

    def _drop(self, counter: Counter | None) -> None:
        if counter is not None:
            self._changed.pop(counter.current, None)
            if counter.previous is not None:
                self._changed.pop(counter.previous, None)


def _is_recent(window: Window, index: int) -> bool:
    """Whether a window is the present one or the one before."""
    return index - 1 <= window.index <= index


# Whether a request was counted, the counts of the window before and of the present one, the seconds that are left of
# this one, and the instant of it all, in seconds since 1970.
Count = tuple[bool, int, int, float, float]


class SharedCounters(Storage, SlidingWindowCounterSupport):
    """A storage of the `limits` library that decides from memory, without any I/O.

    `now` tells the seconds since 1970; the machines' clocks have to agree, because their windows do.
    """

    STORAGE_SCHEME = ["taskfleet-counters"]  # noqa: RUF012 - as the library declares it

    def __init__(
        self,
        uri: str | None = None,
        wrap_exceptions: bool = False,
        *,
        now: Callable[[], float],
        max_keys: int = MAX_KEYS,
        **_: Any,
    ) -> None:
        super().__init__(uri, wrap_exceptions)
        self._now = now
        self._latest = 0.0
        self._max_keys = max_keys
        self._tables: dict[int, CounterTable] = {}
        self._is_recording = False

    def record_changes(self) -> None:
        """Remember from now on what changes, for the exchange that takes it."""
        self._is_recording = True

    def count(self, key: str, limit: int, window_seconds: int, amount: int = 1) -> Count:
        """Count `amount` requests unless that would exceed the limit."""
        now = self._tell_time()
        table = self._table(window_seconds)
        index = int(now // window_seconds)
        counter = table.find(key, index)
        window, previous = counter.at(index)
        left = window_seconds - now % window_seconds
        if int(previous * left / window_seconds + window.count) + amount > limit:
            return False, previous, window.count, left, now
        window.count += amount
        if self._is_recording:
            window.pending += amount
            table.mark_changed(window, counter)
        return True, previous, window.count, left, now

    def take_changes(self, max_windows: int) -> Iterator[tuple[CounterTable, list[tuple[Window, Counter]]]]:
        """Yield what has changed, a batch at a time; what changes meanwhile is left for the next call."""
        for table in list(self._tables.values()):
            waiting = table.changed_count
            while waiting > 0:
                taken = table.take_changed(int(self._tell_time() // table.window_seconds), min(waiting, max_windows))
                waiting -= max_windows
                if taken:
                    yield table, taken

    def seconds_since(self, window: Window, table: CounterTable) -> float:
        """Return how long ago a window of a table began."""
        return self._tell_time() - window.index * table.window_seconds

    def __len__(self) -> int:
        """Return how many keys are known."""
        return sum(len(table) for table in self._tables.values())

    def _tell_time(self) -> float:
        now = self._now()
        if now < self._latest <= now + STANDSTILL_SECONDS:
            return self._latest
        self._latest = now
        return now

    def _table(self, window_seconds: int) -> CounterTable:
        table = self._tables.get(window_seconds)
        if table is None:
            table = self._tables[window_seconds] = CounterTable(window_seconds, self._max_keys)
        return table

    # What the library wants of every storage.

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` requests unless that would exceed the limit; tell whether they were counted."""
        return self.count(key, limit, expiry, amount)[0]

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return the previous count, the seconds for which it still counts, the present count and its seconds."""
        now = self._tell_time()
        index = int(now // expiry)
        window, previous = self._table(expiry).find(key, index).at(index)
        left = expiry - now % expiry
        return previous, left if previous else 0.0, window.count, left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget a key in this process."""
        self._table(expiry).clear(key)

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here fails."""
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Not there: only sliding windows are counted."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """Not there: only sliding windows are counted."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Not there: only sliding windows are counted."""
        raise NotImplementedError

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int | None:
        """Forget everything in this process; return how many keys that were."""
        known = len(self)
        for table in self._tables.values():
            table.clear()
        return known

    def clear(self, key: str) -> None:
        """Forget a key in this process, whatever its windows are."""
        for table in self._tables.values():
            table.clear(key)
