"""The arithmetic: percentiles, medians over rounds, ratios taken within each round before their median."""

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load import LoadResult


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one scenario against one contender, with processor time per request in microseconds."""

    load: LoadResult
    worker_cpu_us: float = 0.0
    databases_cpu_us: float = 0.0

    @classmethod
    def failed(cls, reason: str) -> "Sample":
        """Return a run that did not come about."""
        return cls(LoadResult(0, 1.0, 0.0, 0.0, reason))


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over all rounds, and the rates of the slowest and the fastest round."""

    rate: float
    slowest: float
    fastest: float
    p50_ms: float
    p99_ms: float
    worker_cpu_us: float
    databases_cpu_us: float


def paired_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the median of the ratios round by round.

    The two of a round ran one right after the other, so that what slows the whole machine slows both; the ratio of
    two medians would compare different moments.
    """
    return statistics.median(first / second for first, second in zip(above, below, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that so large a share of the values does not exceed (nearest rank)."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


class Samples:
    """All runs by scenario and contender, in the order of the rounds."""

    def __init__(self) -> None:
        self._samples: defaultdict[tuple[str, str], list[Sample]] = defaultdict(list)

    def add(self, scenario: str, contender: str, sample: Sample) -> None:
        """Keep the run of one more round."""
        self._samples[scenario, contender].append(sample)

    def failure(self, scenario: str, contender: str) -> str | None:
        """Return why there are no figures, or None. One failed round spoils all: what remains is a selection."""
        runs = self._samples.get((scenario, contender), [])
        return next((run.load.failure for run in runs if run.load.failure is not None), None)

    def failures(self) -> list[tuple[str, str, str]]:
        """Return scenario, contender and reason of everything that failed."""
        told = [(*key, self.failure(*key)) for key in self._samples]
        return [(scenario, contender, reason) for scenario, contender, reason in told if reason is not None]

    def rates(self, scenario: str, contender: str) -> list[float] | None:
        """Return the requests per second of each round, or None when there are no figures."""
        runs = self._samples.get((scenario, contender), [])
        if not runs or self.failure(scenario, contender) is not None:
            return None
        return [run.load.rate for run in runs]

    def figures(self, scenario: str, contender: str) -> Figures | None:
        """Return the medians, or None when it was not measured or failed."""
        rates = self.rates(scenario, contender)
        if rates is None:
            return None
        runs = self._samples[scenario, contender]
        return Figures(
            rate=statistics.median(rates),
            slowest=min(rates),
            fastest=max(rates),
            p50_ms=statistics.median(run.load.p50_ms for run in runs),
            p99_ms=statistics.median(run.load.p99_ms for run in runs),
            worker_cpu_us=statistics.median(run.worker_cpu_us for run in runs),
            databases_cpu_us=statistics.median(run.databases_cpu_us for run in runs),
        )

    def ratio(self, above: tuple[str, str], below: tuple[str, str]) -> float | None:
        """Return the paired ratio of two rates, each named by scenario and contender, or None without figures."""
        first, second = self.rates(*above), self.rates(*below)
        return None if first is None or second is None else paired_ratio(first, second)
