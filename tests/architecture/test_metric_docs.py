"""`docs/operations.md` names every metric with its labels."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import Metric

from app.core.metrics import Metrics
from tests.architecture.documents import read_document, table_rows

# Those of the library for every program in Python; the document names them by their beginnings.
OF_EVERY_PROCESS = ("process_", "python_gc_")
_NAME = re.compile(r"`(taskfleet_\w+)`")


def metrics_of_the_code() -> dict[str, frozenset[str]]:
    """The labels of each metric, by the name that Prometheus knows it by."""
    return dict(
        _named(metric) for collector in Metrics().registry._collector_to_names for metric in _metrics(collector)
    )


def _metrics(collector: Any) -> Iterable[Any]:
    """The library's own metrics are collectors; one of ours describes those that it makes."""
    if hasattr(collector, "_labelnames"):
        return [collector]
    return collector.describe() if hasattr(collector, "describe") else ()


def _named(metric: Any) -> tuple[str, frozenset[str]]:
    kind, name = (metric.type, metric.name) if isinstance(metric, Metric) else (metric._type, metric._name)
    return f"{name}_total" if kind == "counter" else name, frozenset(metric._labelnames)


def documented_metrics() -> Iterator[tuple[str, frozenset[str]]]:
    """What the table of metrics says: the words in code before a colon are labels, those after it values."""
    section = read_document("docs/operations.md").partition("\n## Metrics\n")[2].partition("\n## ")[0]
    for name, kind, labels in table_rows(section):
        if found := _NAME.fullmatch(name):
            of_kind = re.findall(r"`([a-z]+)`", "" if kind.startswith("gauge:") else labels)
            yield found[1], frozenset(label for label in of_kind if label in LABELS)


LABELS = frozenset(label for labels in metrics_of_the_code().values() for label in labels)


class TestTheListOfMetrics:
    def test_names_every_metric_with_its_labels_and_no_other(self) -> None:
        documented = list(documented_metrics())

        assert dict(documented) == metrics_of_the_code()
        assert len(dict(documented)) == len(documented)

    def test_names_those_of_every_process_by_their_beginnings(self) -> None:
        section = read_document("docs/operations.md")
        others = {family.name for family in Metrics().registry.collect() if not family.name.startswith("taskfleet_")}

        assert others
        assert all(name.startswith(OF_EVERY_PROCESS) for name in others)
        assert all(f"`{beginning}*`" in section for beginning in OF_EVERY_PROCESS)
