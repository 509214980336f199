"""The expressions of the dashboard, each with the place where it stands."""

from collections.abc import Iterator
from typing import Any

from tests.deploy.monitoring.files import dashboard
from tests.deploy.monitoring.promql import without_variables


def panels() -> list[dict[str, Any]]:
    """Return the panels that show something, without the headings of rows."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    """Yield the title of each panel or annotation with each of its expressions, as Grafana sends them."""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], without_variables(target["expr"])
    for annotation in dashboard()["annotations"]["list"]:
        yield annotation["name"], without_variables(annotation["expr"])
