"""What a run was asked to do, and all that it found out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from bench.figures import Samples
from bench.pinning import Cores
from bench.scenarios import SCENARIOS, Scenario
from bench.steady import SteadyResult
from bench.verdicts import Verdict, judge

HALF_LOAD, GROWTH = "half-load", "growth"
PARTS = (*(scenario.name for scenario in SCENARIOS), HALF_LOAD, GROWTH)


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure; `parts` are names out of `PARTS`."""

    rounds: int
    seconds: int
    warmup: int
    parts: frozenset[str]
    cores: Cores

    @property
    def scenarios(self) -> list[Scenario]:
        """What is measured in the rounds; half of the load is half of what the cached list reached."""
        wanted = self.parts | ({"cached-list"} if HALF_LOAD in self.parts else set())
        return [scenario for scenario in SCENARIOS if scenario.name in wanted]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left out."""
        return self.parts == frozenset(PARTS)


@dataclass(slots=True)
class Results:
    """Filled in while the run goes on."""

    options: Options
    samples: Samples = field(default_factory=Samples)
    growth_samples: Samples = field(default_factory=Samples)
    growth: Mapping[str, float] = field(default_factory=dict)
    half_load_rate: float | None = None
    half_load: list[SteadyResult] = field(default_factory=list)
    # The most memory that a contender's process ever had.
    memory_mb: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    # What was left out or went wrong, for the reader.
    notes: list[str] = field(default_factory=list)

    @property
    def half_load_p99_ms(self) -> float | None:
        """The median over the rounds; None without one, or when an answer was wrong."""
        if not self.half_load or any(result.wrong for result in self.half_load):
            return None
        return median(result.p99_ms for result in self.half_load)

    @property
    def verdicts(self) -> list[Verdict]:
        """The run against its targets."""
        return judge(self.samples, self.memory_mb.get("taskfleet"), self.half_load_p99_ms, self.growth)
