"""How late reminders are: the arithmetic and the table of `make outbox-bench`, and what makes it fail."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench import report
from bench.errors import BenchError
from bench.outbox import __main__ as program
from bench.outbox.__main__ import format_report, main
from bench.outbox.lags import Lags, find_lags, spread_evenly
from bench.outbox.run import Figures, Options

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
OPTIONS = Options(rate=200, seconds=30, workers=2, waiting=1_000_000)
FIGURES = Figures(
    due=6_000,
    told=6_000,
    lag_p50_ms=244.4,
    lag_p99_ms=1_999.4,
    lag_max_ms=2_345.6,
    worker_cpu_ms=1.54,
    mongod_cpu_ms=1.44,
    memory_mb=113.4,
    backlog=1_000_000,
    backlog_rate=270.4,
    backlog_memory_mb=114.6,
)


def later(milliseconds: float) -> datetime:
    return NOON + timedelta(milliseconds=milliseconds)


class TestWhenRemindersAreDue:
    def test_is_so_many_times_a_second_for_so_many_seconds(self) -> None:
        instants = spread_evenly(NOON, rate=200, seconds=30)

        assert len(instants) == 6_000
        assert {after - before for before, after in itertools.pairwise(instants)} == {timedelta(milliseconds=5)}
        assert instants[0] == NOON

    def test_is_on_a_millisecond_and_does_not_drift(self) -> None:
        # MongoDB would cut what is finer off, and each lag would be too long.
        assert spread_evenly(NOON, rate=3, seconds=2) == [later(at) for at in (0, 333, 666, 1_000, 1_333, 1_666)]


class TestLags:
    def test_are_from_when_each_was_due(self) -> None:
        due = [NOON, later(500), later(1_000)]
        told = {2: later(1_010), 0: later(30), 1: later(520.5)}

        assert find_lags(due, told) == Lags(told=3, p50_ms=20.5, p99_ms=30, max_ms=30)

    def test_leave_all_but_a_hundredth_within_the_99th_percentile(self) -> None:
        due = [NOON] * 200
        told = {number: later(number + 1) for number in range(200)}

        assert find_lags(due, told) == Lags(told=200, p50_ms=100, p99_ms=198, max_ms=200)

    def test_leave_out_what_was_not_told_and_what_was_not_due(self) -> None:
        told = {1: later(70), 1_000_000_000: later(90_000)}

        assert find_lags([NOON, NOON, NOON], told) == Lags(told=1, p50_ms=70, p99_ms=70, max_ms=70)

    def test_are_none_where_nothing_was_told(self) -> None:
        with pytest.raises(BenchError, match="no reminder was told"):
            find_lags([NOON], {})


class TestTheReport:
    def test_says_what_was_measured_in_its_units(self) -> None:
        rows = [
            [cell.strip() for cell in line.split("|")[1:-1]] for line in format_report(OPTIONS, FIGURES).split("\n")
        ]

        assert [rows[0], *rows[2:]] == [
            ["2 workers, 200 reminders due a second", ""],
            ["Reminders told", "6,000 of 6,000"],
            ["Lag p50", "244 ms"],
            ["Lag p99", "1,999 ms (target 2,000 ms: met)"],
            ["Longest lag", "2,346 ms"],
            ["Processor time of the workers", "1.5 ms a reminder"],
            ["Processor time of mongod", "1.4 ms a reminder"],
            ["Memory of a worker, 1,000,000 waiting", "113 MB"],
            ["Memory of a worker, 1,000,000 due at once", "115 MB"],
            ["Told of those", "270 a second"],
        ]

    @pytest.mark.parametrize(("lag_p99_ms", "verdict"), [(1_999.9, "met"), (2_000.0, "missed")])
    def test_judges_by_two_seconds(self, lag_p99_ms: float, verdict: str) -> None:
        assert f"2,000 ms: {verdict})" in format_report(OPTIONS, replace(FIGURES, lag_p99_ms=lag_p99_ms))


class TestTheProgram:
    @pytest.fixture
    def measured(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Figures | BenchError], Path]:
        """Has a run come to these figures, without anything that runs; gives the file of the results."""
        file = tmp_path / "outbox.json"
        monkeypatch.setattr(program, "RESULT_FILE", file)

        def come_to(outcome: Figures | BenchError) -> Path:
            async def measure(options: Options, _directory: Path) -> Figures:
                assert options == OPTIONS
                if isinstance(outcome, BenchError):
                    raise outcome
                return outcome

            monkeypatch.setattr(program, "measure", measure)
            return file

        return come_to

    def test_keeps_what_it_measured(self, measured: Any) -> None:
        file = measured(FIGURES)

        assert main([]) == 0
        kept = json.loads(file.read_text("utf-8"))
        assert (Options(**kept["options"]), Figures(**kept["figures"])) == (OPTIONS, FIGURES)

    def test_puts_the_table_into_the_readme_if_told_to(
        self, measured: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        readme = tmp_path / "README.md"
        readme.write_text("<!-- outbox-bench:start -->\nearlier\n<!-- outbox-bench:end -->\n", encoding="utf-8")
        monkeypatch.setattr(report, "README", readme)
        measured(FIGURES)

        assert main([]) == 0
        assert "earlier" in readme.read_text("utf-8")
        assert main(["--write-readme"]) == 0
        assert "earlier" not in readme.read_text("utf-8")
        assert format_report(OPTIONS, FIGURES) in readme.read_text("utf-8")

    def test_fails_when_a_reminder_was_not_told(self, measured: Any, capsys: pytest.CaptureFixture[str]) -> None:
        measured(replace(FIGURES, told=5_999))

        assert main([]) == 1
        assert "5,999 of 6,000" in capsys.readouterr().out

    def test_fails_with_one_line_when_nothing_was(self, measured: Any, capsys: pytest.CaptureFixture[str]) -> None:
        file = measured(BenchError("no reminder was told"))

        assert main([]) == 1
        assert capsys.readouterr().err == "outbox-bench: no reminder was told\n"
        assert not file.exists()
