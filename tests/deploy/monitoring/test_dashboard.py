"""The dashboard can be loaded by Grafana, is legible, and asks for what exists.

There is no Grafana at hand. What it needs to find and load the files is checked by the facts of its documentation.
"""

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.core.metrics import Metrics
from tests.architecture.documents import ROOT
from tests.deploy.monitoring.dashboard_queries import panels, queries
from tests.deploy.monitoring.files import DIRECTORY, RUNBOOKS, dashboard, promtool
from tests.deploy.monitoring.known_metrics import faults_of
from tests.deploy.monitoring.promql import names_in

# Columns of Grafana's grid.
COLUMNS = 24
# Processes without the module `auth` alone have it, and log what goes wrong with it.
NOT_SHOWN = {"taskfleet_key_set_fetches"}
_RUNBOOK_LINK = re.compile(r"\$\{runbooks:raw\}([\w-]+\.md)")


def overlaps(first: dict[str, int], second: dict[str, int]) -> bool:
    """Whether two places on the grid have a cell in common."""
    return (
        first["x"] < second["x"] + second["w"]
        and second["x"] < first["x"] + first["w"]
        and first["y"] < second["y"] + second["h"]
        and second["y"] < first["y"] + first["h"]
    )


class TestWhatGrafanaLoads:
    def test_is_where_the_compose_file_puts_it(self) -> None:
        compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
        (provider,) = self._read("dashboards/taskfleet.yml")["providers"]

        assert "./docker/monitoring/grafana:/etc/grafana/provisioning:ro" in compose["services"]["grafana"]["volumes"]
        assert provider["type"] == "file"
        assert provider["options"]["path"] == "/etc/grafana/provisioning/dashboards"

    def test_asks_the_prometheus_of_the_compose_file(self) -> None:
        (source,) = self._read("datasources/prometheus.yml")["datasources"]
        prometheus = yaml.safe_load((DIRECTORY / "prometheus.yml").read_text(encoding="utf-8"))

        assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
        assert source["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]

    @staticmethod
    def _read(name: str) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((DIRECTORY / "grafana" / name).read_text(encoding="utf-8"))
        assert found["apiVersion"] == 1
        return found


class TestTheDashboard:
    def test_has_an_address_of_its_own_in_the_format_of_grafana_11_and_later(self) -> None:
        assert dashboard()["uid"] == "taskfleet"
        assert dashboard()["id"] is None
        assert dashboard()["schemaVersion"] >= 39  # Grafana 11.0; later ones migrate it
        assert "__inputs" not in dashboard()  # those of an export for others, which provisioning does not fill in

    def test_lets_one_choose_the_source_the_installation_and_the_process(self) -> None:
        variables = {one["name"]: one for one in dashboard()["templating"]["list"]}

        assert variables.keys() == {"datasource", "namespace", "instance", "runbooks"}
        assert variables["datasource"]["type"] == "datasource"
        asked = [one["definition"] for one in variables.values() if one["type"] == "query"]
        assert [re.sub(r"label_values\((.*), (\w+)\)", r"count by (\2) (\1)", query) for query in asked] == [
            'count by (namespace) (up{job=~"taskfleet-.+"})',
            'count by (instance) (up{job=~"taskfleet-.+", namespace=~"$namespace"})',
            "count by (url) (taskfleet:runbooks:info)",
        ]

    def test_has_everything_where_there_are_no_namespaces(self) -> None:
        (namespace,) = [one for one in dashboard()["templating"]["list"] if one["name"] == "namespace"]

        # A matcher that the empty string fits takes series without the label, as those of compose.
        assert (namespace["includeAll"], namespace["allValue"], namespace["current"]["value"]) == (
            True,
            ".*",
            ["$__all"],
        )

    def test_uses_no_variable_that_it_does_not_have(self) -> None:
        text = (DIRECTORY / "grafana" / "dashboards" / "taskfleet.json").read_text(encoding="utf-8")
        used = set(re.findall(r"\$\{?([a-z]\w*)", text))

        assert used == {one["name"] for one in dashboard()["templating"]["list"]}

    def test_goes_from_the_whole_service_to_its_parts(self) -> None:
        assert [panel["title"] for panel in dashboard()["panels"] if panel["type"] == "row"] == [
            "Overview",
            "Routes",
            "MongoDB",
            "Cache",
            "Rate limits",
            "Live updates",
            "Notifications",
            "Processes",
            "Versions",
        ]

    def test_numbers_its_panels(self) -> None:
        numbers = [panel["id"] for panel in dashboard()["panels"]]

        assert len(set(numbers)) == len(numbers)

    def test_lays_no_panel_over_another_or_beyond_the_edge(self) -> None:
        places = [panel["gridPos"] for panel in dashboard()["panels"]]

        assert [pair for pair in itertools.combinations(places, 2) if overlaps(*pair)] == []
        assert all(place["x"] >= 0 and place["x"] + place["w"] <= COLUMNS for place in places)

    def test_would_be_caught_with_one_panel_over_another(self) -> None:
        assert overlaps({"x": 0, "y": 0, "w": 8, "h": 8}, {"x": 7, "y": 7, "w": 8, "h": 8})
        assert not overlaps({"x": 0, "y": 0, "w": 8, "h": 8}, {"x": 8, "y": 0, "w": 8, "h": 8})


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: f"{panel['id']}-{panel['title']}")
class TestAPanel:
    def test_says_what_it_shows_and_in_which_unit(self, panel: dict[str, Any]) -> None:
        assert panel["title"]
        assert len(panel["description"]) > 20
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None

    def test_asks_the_chosen_source_under_names_of_its_own(self, panel: dict[str, Any]) -> None:
        names = [target["refId"] for target in panel["targets"]]

        assert len(set(names)) == len(names) > 0
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])

    def test_leads_to_runbooks_that_exist(self, panel: dict[str, Any]) -> None:
        for link in panel["links"]:
            match = _RUNBOOK_LINK.fullmatch(link["url"])
            assert match is not None, link
            assert (RUNBOOKS / match[1]).is_file()


class TestTheExpressions:
    @pytest.mark.parametrize(("title", "expression"), [*queries()])
    def test_name_only_what_exists(self, title: str, expression: str) -> None:
        assert faults_of(expression) == []

    def test_show_every_metric_of_ours(self) -> None:
        asked = {selector.metric for _, expression in queries() for selector in names_in(expression).selectors}
        ours = {family.name for family in Metrics().registry.collect() if family.name.startswith("taskfleet_")}

        missing = {name for name in ours if not asked & {name, f"{name}_total", f"{name}_count", f"{name}_bucket"}}
        assert missing == NOT_SHOWN

    @pytest.mark.parametrize("panel", panels(), ids=lambda panel: f"{panel['id']}-{panel['title']}")
    def test_are_about_the_chosen_installation(self, panel: dict[str, Any]) -> None:
        asked = " ".join(target["expr"] for target in panel["targets"])

        for selector in names_in(asked).selectors:
            is_constant = selector.metric.endswith((":connections", ":bytes"))
            assert (("namespace", "=~", "$namespace") in selector.matchers) != is_constant

    def test_are_valid(self, tmp_path: Path) -> None:
        rules = [{"record": f"panel:{number}", "expr": query} for number, (_, query) in enumerate(queries())]
        file = tmp_path / "panels.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")

        checked = promtool("check", "rules", "--lint=none", file)

        assert len(rules) > len(panels())
        assert checked.returncode == 0, checked.stderr
