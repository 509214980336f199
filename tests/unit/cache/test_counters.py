"""Counting in sliding windows, compared with a model that keeps every request."""

from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import parse
from limits.strategies import SlidingWindowCounterRateLimiter

from app.api.rate_limit import seconds_until_free
from app.cache.counters import CounterTable, SharedCounters
from tests.fakes.clock import Seconds

MINUTE = 60
START = 1_795_435_200.0  # the beginning of a minute


@pytest.fixture
def seconds() -> Seconds:
    return Seconds(START)


@pytest.fixture
def counters(seconds: Seconds) -> SharedCounters:
    return SharedCounters(now=seconds)


def hit(counters: SharedCounters, key: str = "ann", limit: int = 5, times: int = 1) -> int:
    """Return how many of so many requests were admitted."""
    return sum(counters.acquire_sliding_window_entry(key, limit, MINUTE) for _ in range(times))


class Model:
    """Remembers every admitted request, and weighs those of the window before by exact fractions."""

    def __init__(self) -> None:
        self._admitted: dict[str, list[int]] = defaultdict(list)

    def hit(self, key: str, limit: int, window_seconds: int, now: Fraction) -> bool:
        index = now // window_seconds
        in_window = [window for window in self._admitted[key] if window == index]
        before = [window for window in self._admitted[key] if window == index - 1]
        weight = 1 - (now / window_seconds - index)
        is_admitted = (len(before) * weight + len(in_window)) // 1 + 1 <= limit
        if is_admitted:
            self._admitted[key].append(index)
        return is_admitted


# Eighths of a second are exact in binary, so that the model and the counters round alike.
steps = st.lists(
    st.tuples(st.sampled_from(["ann", "bob"]), st.one_of(st.just(0), st.integers(0, 40), st.integers(0, 2_000))),
    max_size=120,
)


class TestSlidingWindows:
    @given(steps=steps, limit=st.integers(1, 12), window_seconds=st.sampled_from([1, 8, 64]))
    def test_admit_what_the_model_admits(self, steps: list[tuple[str, int]], limit: int, window_seconds: int) -> None:
        seconds, model = Seconds(START), Model()
        seconds.now = 64.0 * 28_000_000
        counters = SharedCounters(now=seconds)
        for key, eighths in steps:
            seconds.now += eighths / 8
            expected = model.hit(key, limit, window_seconds, Fraction(seconds.now))
            assert counters.acquire_sliding_window_entry(key, limit, window_seconds) is expected

    @given(steps=steps, limit=st.integers(1, 12))
    def test_never_exceed_the_limit_within_a_window(self, steps: list[tuple[str, int]], limit: int) -> None:
        seconds = Seconds(START)
        counters = SharedCounters(now=seconds)
        admitted: dict[tuple[str, float], int] = defaultdict(int)
        for key, eighths in steps:
            seconds.now += eighths / 8
            admitted[key, seconds.now // MINUTE] += hit(counters, key, limit)
        assert all(count <= limit for count in admitted.values())

    def test_do_not_count_what_was_refused(self, counters: SharedCounters, seconds: Seconds) -> None:
        assert hit(counters, limit=5, times=100) == 5
        assert counters.get_sliding_window("ann", MINUTE)[2] == 5

    def test_fade_over_the_next_window(self, counters: SharedCounters, seconds: Seconds) -> None:
        hit(counters, limit=10, times=10)
        seconds.now += MINUTE + 30
        assert hit(counters, limit=10, times=10) == 5

    def test_of_different_lengths_are_counted_apart(self, counters: SharedCounters) -> None:
        assert counters.acquire_sliding_window_entry("ann", 1, 60)
        assert counters.acquire_sliding_window_entry("ann", 1, 3600)

    def test_are_what_the_library_makes_of_them(self, counters: SharedCounters) -> None:
        strategy, item = SlidingWindowCounterRateLimiter(counters), parse("2/minute")
        assert [strategy.hit(item, "ann") for _ in range(3)] == [True, True, False]
        assert not strategy.test(item, "ann")
        strategy.clear(item, "ann")
        assert strategy.test(item, "ann")
        counters.clear(item.key_for("ann"))
        assert counters.check()

    def test_are_the_only_ones(self, counters: SharedCounters) -> None:
        for ask in (
            lambda: counters.incr("ann", 60),
            lambda: counters.get("ann"),
            lambda: counters.get_expiry("ann"),
        ):
            with pytest.raises(NotImplementedError):
                ask()


class TestTheTimeUntilARequestIsAdmitted:
    @given(steps=steps, limit=st.integers(1, 12))
    def test_is_enough_and_no_second_too_long(self, steps: list[tuple[str, int]], limit: int) -> None:
        seconds = Seconds(START)
        counters = SharedCounters(now=seconds)
        for key, eighths in steps:
            seconds.now += eighths / 8
            hit(counters, key, limit)
        while hit(counters, "ann", limit):
            pass
        refused_at = seconds.now
        previous, _, current, left = counters.get_sliding_window("ann", MINUTE)
        wait = seconds_until_free(limit, MINUTE, previous, current, left - MINUTE)

        assert 0 <= wait <= 2 * MINUTE
        seconds.now = refused_at + max(0.0, wait - 1e-3)
        assert wait < 1e-3 or not hit(counters, "ann", limit)
        seconds.now = refused_at + int(wait) + 1
        assert hit(counters, "ann", limit)


class TestAClockThatIsSetBack:
    @pytest.mark.parametrize("seconds_back", [1, 59, 60, 61, 3_600, 10_000_000])
    def test_locks_nobody_out_for_longer_than_a_window(
        self, seconds_back: int, counters: SharedCounters, seconds: Seconds
    ) -> None:
        hit(counters, limit=5, times=5)
        seconds.now += MINUTE + 1
        hit(counters, limit=5, times=5)
        seconds.now -= seconds_back

        waited = 0
        while not hit(counters, limit=5):
            waited += 1
            seconds.now += 1
        assert waited <= MINUTE

    def test_gives_no_new_budget_when_it_crosses_an_edge_again_and_again(
        self, counters: SharedCounters, seconds: Seconds
    ) -> None:
        admitted = 0
        for _ in range(20):
            seconds.now = START + MINUTE - 0.01
            admitted += hit(counters, limit=5, times=10)
            seconds.now = START + MINUTE + 0.01
            admitted += hit(counters, limit=5, times=10)
        assert admitted == 6  # all of the first window, and what has faded of it by the second

    def test_that_jumps_ahead_and_back_again_leaves_nothing_behind(
        self, counters: SharedCounters, seconds: Seconds
    ) -> None:
        seconds.now += 1_000_000_000
        hit(counters, limit=5, times=5)
        seconds.now = START
        assert hit(counters, limit=5, times=10) == 5


class TestTheMemory:
    def test_holds_no_more_keys_than_it_may(self, seconds: Seconds) -> None:
        counters = SharedCounters(now=seconds, max_keys=100)
        counters.record_changes()
        for number in range(1_000):
            hit(counters, f"address {number}")
        assert len(counters) == 100
        assert sum(len(changes) for _, changes in counters.take_changes(1_000)) == 100

    def test_forgets_the_key_that_was_quiet_for_longest(self, seconds: Seconds) -> None:
        counters = SharedCounters(now=seconds, max_keys=100)
        hit(counters, "busy", limit=5, times=5)
        for number in range(1_000):
            hit(counters, f"address {number}")
            assert not hit(counters, "busy", limit=5)

    def test_shrinks_when_windows_are_past(self, counters: SharedCounters, seconds: Seconds) -> None:
        for number in range(1_000):
            hit(counters, f"address {number}")
        seconds.now += 2 * MINUTE
        for number in range(500):
            hit(counters, f"other address {number}")
        assert len(counters) == 500

    def test_keeps_the_window_before(self, counters: SharedCounters, seconds: Seconds) -> None:
        hit(counters, "ann", limit=5, times=5)
        seconds.now += MINUTE
        for number in range(10):
            hit(counters, f"address {number}")
        assert hit(counters, "ann", limit=5, times=5) == 0

    def test_records_changes_only_for_somebody_who_takes_them(self, counters: SharedCounters) -> None:
        hit(counters)
        assert list(counters.take_changes(10)) == []

    def test_lets_go_of_changes_whose_windows_are_past(self, counters: SharedCounters, seconds: Seconds) -> None:
        counters.record_changes()
        hit(counters, "ann")
        seconds.now += 2 * MINUTE
        hit(counters, "bob")
        assert [[counter.key for _, counter in changes] for _, changes in counters.take_changes(10)] == [["bob"]]

    def test_does_not_grow_with_changes_that_nobody_takes(self, counters: SharedCounters, seconds: Seconds) -> None:
        """The server is away for hours, while the same caller keeps coming."""
        counters.record_changes()
        for _ in range(1_000):
            hit(counters, "ann")
            seconds.now += MINUTE
        (table,) = counters._tables.values()
        assert isinstance(table, CounterTable)
        assert table.changed_count <= 3

    def test_can_be_emptied(self, counters: SharedCounters) -> None:
        hit(counters, "ann", limit=1)
        assert counters.reset() == 1
        assert hit(counters, "ann", limit=1) == 1
