"""How often something ended how, counted by plain additions in the event loop, as in `app.core.request_metrics`."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


class OutcomeCounter(Collector):
    """A counter with the label `outcome`, for what is counted with each cached answer; not for several threads."""

    def __init__(self, name: str, documentation: str, outcomes: Iterable[str]) -> None:
        self._name = name
        self._documentation = documentation
        self.counts = dict.fromkeys(outcomes, 0)

    def count(self, outcome: str) -> None:
        """Count one; `outcome` is one of those that were declared."""
        self.counts[outcome] += 1

    def describe(self) -> tuple[CounterMetricFamily]:
        """Return the family without its samples."""
        return (CounterMetricFamily(self._name, self._documentation, labels=["outcome"]),)

    def collect(self) -> Iterable[Metric]:
        """Return the family as it stands."""
        (family,) = self.describe()
        for outcome, count in self.counts.items():
            family.add_metric([outcome], count)
        return (family,)
