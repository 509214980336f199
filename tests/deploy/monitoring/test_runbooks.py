"""Every alert has a runbook that says what to do, and whose queries work; no runbook is without an alert."""

import re
from pathlib import Path

import pytest
import yaml

from tests.architecture.documents import read_document, table_rows
from tests.deploy.monitoring.files import RUNBOOKS, Rule, alerts, promtool, runbook_of
from tests.deploy.monitoring.known_metrics import faults_of, known_metrics

HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Prevention"]
INDEX = "README.md"
_PAGES = sorted(path for path in RUNBOOKS.glob("*.md") if path.name != INDEX)
_QUERIES = re.compile(r"^```promql\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Metrics and recorded series that are named in the text.
_NAMED = re.compile(r"`((?:taskfleet_|process_|python_gc_|taskfleet:|route:|status:)[\w:]+)[`{]")


def queries_in(text: str) -> list[str]:
    """Return the expressions in the blocks of a page, one a line."""
    return [line for block in _QUERIES.findall(text) for line in block.splitlines() if line.strip()]


class TestAnAlert:
    @pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
    def test_leads_to_the_runbook_of_its_name(self, alert: Rule) -> None:
        words = re.findall(r"[A-Z][a-z]+", alert["alert"].removeprefix("Taskfleet"))

        assert runbook_of(alert) == "-".join(words).lower() + ".md"
        assert (RUNBOOKS / runbook_of(alert)).is_file()


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
class TestARunbook:
    def test_has_the_parts_that_one_looks_for_and_something_in_each(self, page: Path) -> None:
        parts = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]

        assert [part.split("\n", 1)[0] for part in parts] == HEADINGS
        assert all(part.split("\n", 1)[1].strip() for part in parts)

    def test_says_how_to_find_out_by_a_query_or_a_command(self, page: Path) -> None:
        diagnosis = page.read_text(encoding="utf-8").split("## Diagnosis")[1].split("\n## ")[0]

        assert "```promql" in diagnosis or "```sh" in diagnosis

    def test_names_metrics_that_exist(self, page: Path) -> None:
        text = page.read_text(encoding="utf-8")
        families = {re.sub(r"_(?:total|count|sum|bucket)$", "", metric) for metric in known_metrics()}

        assert [fault for query in queries_in(text) for fault in faults_of(query)] == []
        assert set(_NAMED.findall(text)) <= families | known_metrics().keys()


class TestAllRunbooks:
    def test_belong_to_an_alert(self) -> None:
        assert {page.name for page in _PAGES} == {runbook_of(alert) for alert in alerts()}

    def test_are_in_the_index_with_their_alert(self) -> None:
        rows = {tuple(cells[::2]) for cells in table_rows(read_document(f"docs/runbooks/{INDEX}"))}

        assert rows == {(f"`{alert['alert']}`", f"[{runbook_of(alert)}]({runbook_of(alert)})") for alert in alerts()}

    def test_have_valid_queries(self, tmp_path: Path) -> None:
        queries = [query for page in _PAGES for query in queries_in(page.read_text(encoding="utf-8"))]
        rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
        file = tmp_path / "queries.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "runbooks", "rules": rules}]}), encoding="utf-8")

        checked = promtool("check", "rules", "--lint=none", file)

        assert len(queries) >= len(_PAGES) / 2
        assert checked.returncode == 0, checked.stderr
