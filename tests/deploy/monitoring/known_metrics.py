"""The metrics that exist, with their labels: those of the app, and those that Prometheus and the rules add."""

from collections.abc import Iterator, Mapping
from functools import cache

from app.core.metrics import Metrics
from tests.deploy.monitoring.files import recording_rules
from tests.deploy.monitoring.promql import names_in

# Prometheus gives these to everything that it scrapes, the last one where the operator finds it in Kubernetes.
TARGET_LABELS = frozenset({"job", "instance", "namespace"})
_OF_PROMETHEUS: Mapping[str, frozenset[str]] = {
    "up": frozenset(),
    "ALERTS": frozenset({"alertname", "alertstate"}),
}
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


@cache
def known_metrics() -> Mapping[str, frozenset[str]]:
    """Return each metric's labels by its name."""
    return {**dict(_of_the_app()), **_OF_PROMETHEUS, **_of_the_rules()}


def _of_the_app() -> Iterator[tuple[str, frozenset[str]]]:
    registry = Metrics().registry
    for family in registry.collect():
        # What the library tells of the process has its labels in its samples; for ours they are declared, by the
        # metric or by the family that is made when somebody asks.
        collector = registry._names_to_collectors.get(family.name)
        declared = next((each._labelnames for each in (collector, family) if hasattr(each, "_labelnames")), ())
        seen = (label for sample in family.samples for label in sample.labels)
        for suffix in _SUFFIXES[family.type]:
            own = frozenset({"le"}) if suffix == "_bucket" else frozenset()
            yield family.name + suffix, (frozenset(declared) | frozenset(seen)) - {"le"} | own


def _of_the_rules() -> Mapping[str, frozenset[str]]:
    """What a rule records has the labels that it is grouped by, and those that it is given."""
    return {
        rule["record"]: names_in(rule["expr"]).grouping_labels | frozenset(rule.get("labels", {}))
        for rule in recording_rules()
    }


def known_values(metric: str, label: str) -> frozenset[str]:
    """Return the values of a label that are there from the start; none if it may have others."""
    return frozenset(
        sample.labels[label]
        for family in Metrics().registry.collect()
        for sample in family.samples
        if sample.name == metric and label in sample.labels
    )


def faults_of(expression: str) -> list[str]:
    """Return what an expression names and does not exist."""
    metrics, names = known_metrics(), names_in(expression)
    faults = [f"no metric {selector.metric}" for selector in names.selectors if selector.metric not in metrics]
    known = [selector for selector in names.selectors if selector.metric in metrics]
    for selector in known:
        for label, operator, value in selector.matchers:
            if label not in metrics[selector.metric] | TARGET_LABELS:
                faults.append(f"no label {label} of {selector.metric}")
            elif operator in {"=", "!="} and label != "version":
                values = known_values(selector.metric, label)
                faults += [f"no {label} {value} of {selector.metric}"] if values and value not in values else []
    labels = TARGET_LABELS.union(*(metrics[selector.metric] for selector in known))
    return faults + [f"nothing has the label {label}" for label in sorted(names.grouping_labels - labels)]
