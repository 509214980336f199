"""How many requests were answered and how long that took, counted by plain additions in the event loop.

The library's own counter and histogram, each of which locks, take three times as long.
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import INF, floatToGoString

# By what answers are told apart: method, template of the route and status.
AnswerKind = tuple[str, str, int]

# From a cache hit (about 1 ms) to the deadline of a request (10 s).
_SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, INF)
_BUCKET_NAMES = tuple(floatToGoString(bound) for bound in _SECONDS_BUCKETS)  # type: ignore[no-untyped-call]


class _Answers:
    """Those of one kind; `by_bucket` has how many of them each bucket has beyond the one before."""

    __slots__ = ("by_bucket", "seconds")

    def __init__(self) -> None:
        self.by_bucket = [0] * len(_SECONDS_BUCKETS)
        self.seconds = 0.0

    def add(self, other: "_Answers") -> None:
        self.by_bucket = [own + others for own, others in zip(self.by_bucket, other.by_bucket, strict=True)]
        self.seconds += other.seconds


class RequestMetrics(Collector):
    """Makes a counter and a histogram of the same additions, when somebody asks for them."""

    def __init__(self) -> None:
        self._answers: dict[AnswerKind, _Answers] = {}

    def count(self, kind: AnswerKind, seconds: float) -> None:
        """Count a request that was answered."""
        answers = self._answers.get(kind)
        if answers is None:
            answers = self._answers[kind] = _Answers()
        answers.by_bucket[bisect_left(_SECONDS_BUCKETS, seconds)] += 1
        answers.seconds += seconds

    def describe(self) -> tuple[CounterMetricFamily, HistogramMetricFamily]:
        """Return the families without their samples."""
        return (
            CounterMetricFamily(
                "taskfleet_http_requests", "Requests answered.", labels=["method", "route", "status"]
            ),
            HistogramMetricFamily(
                "taskfleet_http_request_seconds",
                "Time from the head of a request to the end of its answer, in seconds.",
                labels=["method", "route"],
            ),
        )

    def collect(self) -> Iterable[Metric]:
        """Return the families as they stand."""
        requests, durations = self.describe()
        by_route: dict[tuple[str, str], _Answers] = {}
        for (method, route, status), answers in self._answers.items():
            requests.add_metric([method, route, str(status)], sum(answers.by_bucket))
            by_route.setdefault((method, route), _Answers()).add(answers)
        for labels, answers in by_route.items():
            buckets = list(zip(_BUCKET_NAMES, accumulate(answers.by_bucket), strict=True))
            durations.add_metric(labels, buckets, answers.seconds)
        return requests, durations
