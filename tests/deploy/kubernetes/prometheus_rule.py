"""The rules of `docker/monitoring/alerts.yml` as the Prometheus operator takes them.

`python -m tests.deploy.kubernetes.prometheus_rule` writes the file anew after a change of the rules.
"""

import textwrap

from tests.architecture.documents import ROOT

SOURCE = ROOT / "docker" / "monitoring" / "alerts.yml"
TARGET = ROOT / "k8s" / "monitoring" / "prometheus-rule.yaml"

_HEAD = """\
# Written by `python -m tests.deploy.kubernetes.prometheus_rule` from docker/monitoring/alerts.yml: change that one.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: taskfleet
  labels:
    app.kubernetes.io/part-of: taskfleet
spec:
"""


def make_rule() -> str:
    """Return the text of the object."""
    _, groups = SOURCE.read_text(encoding="utf-8").split("\ngroups:\n", 1)
    return f"{_HEAD}  groups:\n{textwrap.indent(groups, '  ')}"


if __name__ == "__main__":
    TARGET.write_text(make_rule(), encoding="utf-8")
