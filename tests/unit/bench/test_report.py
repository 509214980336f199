"""The tables, and the place in the README that they are written to."""

import json
from pathlib import Path

import pytest

from bench import report
from bench.errors import BenchError
from bench.figures import Sample
from bench.load import LoadResult
from bench.pinning import Cores
from bench.report import README, format_report, replace_between_markers, to_json, write_files, write_readme
from bench.results import PARTS, Options, Results
from bench.steady import SteadyResult
from bench.tables import format_table, rates_table


@pytest.fixture
def results() -> Results:
    results = Results(Options(1, 1, 1, frozenset({"cached-list", "create"}), Cores(0, 0, 1)))
    for contender, requests in (("limit", 1_000), ("express", 100), ("taskfleet", 500)):
        results.samples.add("cached-list", contender, Sample(LoadResult(requests, 1.0, 1.0, 2.0)))
    results.samples.add("create", "taskfleet", Sample.failed("7 wrong answers"))
    results.half_load_rate, results.half_load = 250.0, [SteadyResult(100, 0, 1.0, 2.5, 0.1)]
    results.memory_mb = {"taskfleet": 123.4}
    return results


class TestATable:
    def test_is_markdown_with_columns_in_line(self) -> None:
        assert format_table(("What", "a", "bb"), [["first", "1", "20"], ["x", "100", "3"]]).split("\n") == [
            "| What  |   a | bb |",
            "| ----- | --: | -: |",
            "| first |   1 | 20 |",
            "| x     | 100 |  3 |",
        ]


class TestAReport:
    def test_has_rates_ratios_and_latencies(self, results: Results) -> None:
        row = rates_table(results).split("\n")[2]

        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells == ["cached list of 50, 50 users", "1,000", "100", "500", "0.50", "5.00", "2.0", "2.0"]

    def test_never_shows_a_figure_of_a_failed_run(self, results: Results) -> None:
        row = rates_table(results).split("\n")[3]

        assert [cell.strip() for cell in row.strip("|").split("|")][1:5] == ["-", "-", "failed", "-"]
        assert "FAILED create, taskfleet: 7 wrong answers." in format_report(results)

    def test_has_memory_and_half_load(self, results: Results) -> None:
        told = format_report(results)

        assert "Taskfleet 123 MB" in told
        assert "at half load (250/s at a constant rate): p99 2.5 ms" in told

    def test_tells_everything_in_json(self, results: Results) -> None:
        told = json.loads(json.dumps(to_json(results)))

        assert told["scenarios"]["cached-list"]["taskfleet"]["rates"] == [500]
        assert told["scenarios"]["create"]["taskfleet"] == {"failure": "7 wrong answers"}
        assert {target["outcome"] for target in told["targets"]} == {"met", "not measured"}


class TestTheFiles:
    @pytest.mark.parametrize(
        ("parts", "names"),
        [
            (frozenset(PARTS), {"latest.json", "latest.svg"}),
            (frozenset({"create"}), {"partial.json", "partial.svg"}),
        ],
        ids=["complete", "part"],
    )
    def test_of_a_part_leave_those_of_a_complete_run(
        self,
        parts: frozenset[str],
        names: set[str],
        results: Results,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(report, "RESULTS_DIRECTORY", tmp_path)
        results.options = Options(1, 1, 1, parts, Cores(0, 0, 1))

        write_files(results)

        assert {file.name for file in tmp_path.iterdir()} == names


class TestTheReadme:
    def test_keeps_what_is_around_the_markers(self) -> None:
        text = "before\n<!-- a:start -->\nold\n<!-- a:end -->\nafter\n"

        assert replace_between_markers(text, "a", "new") == text.replace("old", "new")

    def test_must_have_each_marker_once(self) -> None:
        with pytest.raises(BenchError, match="once each"):
            replace_between_markers("<!-- a:start -->", "a", "new")

    @pytest.mark.parametrize("name", ["bench", "outbox-bench"])
    def test_has_the_markers(self, name: str) -> None:
        assert replace_between_markers(README.read_text(encoding="utf-8"), name, "new")

    def test_takes_the_tables_and_the_chart_of_a_complete_run(
        self, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "README.md").write_text(
            "# Title\n\n<!-- bench:start -->\nold\n<!-- bench:end -->\n", encoding="utf-8"
        )
        monkeypatch.setattr(report, "README", tmp_path / "README.md")
        monkeypatch.setattr(report, "README_CHART", tmp_path / "benchmark.svg")
        complete = Results(Options(1, 1, 1, frozenset(PARTS), Cores(0, 0, 1)))
        complete.samples.add("cached-list", "taskfleet", Sample(LoadResult(500, 1.0, 1.0, 2.0)))

        write_readme(complete)

        text = (tmp_path / "README.md").read_text(encoding="utf-8")
        assert text.startswith(
            "# Title\n\n<!-- bench:start -->\n![Requests per second](docs/benchmark.svg)\n\n| Requests per second"
        )
        assert "old" not in text
        assert (tmp_path / "benchmark.svg").read_text(encoding="utf-8").startswith("<svg")

    def test_takes_no_part_of_a_run(self, results: Results) -> None:
        with pytest.raises(BenchError, match="complete run"):
            write_readme(results)

    def test_takes_no_run_with_a_failure(self, results: Results) -> None:
        results.options = Options(1, 1, 1, frozenset(PARTS), Cores(0, 0, 1))

        with pytest.raises(BenchError, match="without a failure"):
            write_readme(results)
