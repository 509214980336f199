"""Medians and ratios of the benchmark."""

import pytest

from bench.figures import Sample, Samples, paired_ratio
from bench.load import LoadResult


def sample(requests: int, failure: str | None = None, *, p99_ms: float = 1.0, cpu_us: float = 0.0) -> Sample:
    return Sample(LoadResult(requests, 2.0, 0.5, p99_ms, failure), worker_cpu_us=cpu_us)


class TestAPairedRatio:
    def test_is_the_median_of_the_ratios_of_each_round(self) -> None:
        assert paired_ratio([10, 40, 90], [10, 20, 30]) == 2

    def test_is_not_the_ratio_of_the_medians(self) -> None:
        # A machine that slows down from round to round slows both: they stay equal.
        assert paired_ratio([300, 200, 100], [300, 200, 100]) == 1
        assert paired_ratio([1, 100, 100], [10, 10, 1_000]) == pytest.approx(0.1)

    def test_needs_as_many_rounds_of_both(self) -> None:
        with pytest.raises(ValueError, match="shorter"):
            paired_ratio([1, 2], [1])


class TestSamplesOfSeveralRounds:
    def test_give_medians_and_the_span_of_rates(self) -> None:
        samples = Samples()
        for requests, p99_ms in ((100, 3.0), (300, 1.0), (200, 2.0)):
            samples.add("list", "taskfleet", sample(requests, p99_ms=p99_ms, cpu_us=requests))

        figures = samples.figures("list", "taskfleet")

        assert figures is not None
        assert (figures.rate, figures.slowest, figures.fastest) == (100, 50, 150)
        assert (figures.p99_ms, figures.worker_cpu_us) == (2.0, 200)

    def test_give_ratios_between_scenarios_and_contenders(self) -> None:
        samples = Samples()
        for requests in (100, 200):
            samples.add("patch", "taskfleet", sample(requests))
            samples.add("create", "express", sample(requests * 2))

        assert samples.ratio(("patch", "taskfleet"), ("create", "express")) == 0.5

    def test_give_nothing_for_what_was_not_measured(self) -> None:
        assert Samples().figures("list", "taskfleet") is None
        assert Samples().ratio(("list", "taskfleet"), ("list", "limit")) is None
        assert Samples().failures() == []


class TestARoundThatFailed:
    @pytest.fixture
    def samples(self) -> Samples:
        samples = Samples()
        samples.add("list", "taskfleet", sample(100))
        samples.add("list", "taskfleet", sample(1_000_000, "3 wrong answers"))
        samples.add("list", "limit", sample(100))
        samples.add("list", "limit", sample(100))
        return samples

    def test_leaves_no_figures(self, samples: Samples) -> None:
        assert samples.figures("list", "taskfleet") is None

    def test_leaves_no_ratio(self, samples: Samples) -> None:
        assert samples.ratio(("list", "taskfleet"), ("list", "limit")) is None

    def test_is_told(self, samples: Samples) -> None:
        assert samples.failures() == [("list", "taskfleet", "3 wrong answers")]
