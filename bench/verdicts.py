"""The targets, and whether a run met them: told in the report, never asserted in a test that measures time."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.figures import Samples
from bench.scenarios import BATCH
from bench.servers import EXPRESS, LIMIT, TASKFLEET

MOST_MEMORY_MB = 160.0
MOST_HALF_LOAD_P99_MS = 10.0
MOST_GROWTH = 1.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target with what was measured; no value means that it was not, or that its run failed."""

    text: str
    value: float | None
    bound: float
    is_least: bool
    unit: str
    # Whether the bound itself is too much; of no account for a least value.
    is_strict: bool = False

    @property
    def condition(self) -> str:
        """The bound as it is written."""
        return f"{'>=' if self.is_least else '<' if self.is_strict else '<='} {self.bound:g} {self.unit}"

    @property
    def is_met(self) -> bool | None:
        """Whether the value keeps the bound; None when there is no value."""
        if self.value is None:
            return None
        if self.is_least:
            return self.value >= self.bound
        return self.value < self.bound if self.is_strict else self.value <= self.bound

    @property
    def outcome(self) -> str:
        """The verdict in words."""
        return {True: "met", False: "MISSED", None: "not measured"}[self.is_met]


def judge(
    samples: Samples, memory_mb: float | None, half_load_p99_ms: float | None, growth: Mapping[str, float]
) -> list[Verdict]:
    """Compare a run with every target; `growth` is cost with much data over cost with little, by operation."""
    return [
        *_judge_rates(samples),
        Verdict("memory of one worker", memory_mb, MOST_MEMORY_MB, is_least=False, unit="MB", is_strict=True),
        Verdict(
            "p99 of cached reads at half load",
            half_load_p99_ms,
            MOST_HALF_LOAD_P99_MS,
            is_least=False,
            unit="ms",
            is_strict=True,
        ),
        *(
            Verdict(f"cost of {title} at 100,000 tasks", growth.get(name), MOST_GROWTH, is_least=False, unit="x")
            for name, title in (("first-page", "the first page"), ("create", "a create"), ("sync", "a sync"))
        ),
    ]


def _judge_rates(samples: Samples) -> list[Verdict]:
    def at_least(bound: float, text: str, scenario: str, against: tuple[str, str], factor: float = 1.0) -> Verdict:
        ratio = samples.ratio((scenario, TASKFLEET), against)
        return Verdict(text, None if ratio is None else ratio * factor, bound, is_least=True, unit="x")

    plain_insert = ("create", EXPRESS)
    return [
        at_least(0.40, "cached list / bare ASGI app", "cached-list", ("cached-list", LIMIT)),
        at_least(4.0, "cached list / Express", "cached-list", ("cached-list", EXPRESS)),
        at_least(0.50, "304 / bare ASGI app", "not-modified", ("not-modified", LIMIT)),
        at_least(2.0, "uncached list / Express", "uncached-list", ("uncached-list", EXPRESS)),
        at_least(0.4, "create / Express's plain insert", "create", plain_insert),
        at_least(0.4, "patch / Express's plain insert", "patch", plain_insert),
        at_least(5.0, f"tasks by batches of {BATCH} / single creates", "batch", ("create", TASKFLEET), BATCH),
    ]
