"""A figure that was missed makes `make gateway-test` fail."""

import pytest

from bench.gateway.__main__ import Figures, format_report, judge
from bench.gateway.overhead import OverheadFigures
from bench.gateway.restarts import KillFigures, OutageFigures, RestartFigures
from bench.gateway.slow_clients import SlowFigures

GOOD_KILLS = KillFigures(
    kills=6,
    reads=100,
    failed_reads=0,
    changes=100,
    failed_changes=3,
    failures={"POST: 502 bad-gateway": 3},
    created=90,
    unanswered=3,
    doubled=0,
    lost=0,
)


class TestAVerdict:
    @pytest.mark.parametrize(
        "figures",
        [
            RestartFigures(20, 4_000, 0, {}),
            OutageFigures(900, 400, {"GET: 502 bad-gateway": 400}),
            GOOD_KILLS,
            SlowFigures(2_000, 2_001, [2.0, 3.0], [4.0, 6.0]),
            OverheadFigures(0.2, 0.29, 0.9),
        ],
    )
    def test_is_met_within_the_bounds(self, figures: Figures) -> None:
        assert all(verdict.is_met for verdict in judge(figures))

    @pytest.mark.parametrize(
        "figures",
        [
            RestartFigures(20, 4_000, 1, {"POST: 502 bad-gateway": 1}),
            RestartFigures(20, 0, 0, {}),
            OutageFigures(900, 0, {}),
            KillFigures(6, 100, 1, 100, 0, {}, 90, 0, 0, 0),
            KillFigures(6, 100, 0, 100, 0, {}, 90, 0, 1, 0),
            KillFigures(6, 100, 0, 100, 0, {}, 90, 0, 0, 1),
            SlowFigures(2_000, 2_001, [2.0, 3.0, 2.0], [4.1, 6.2, 3.0]),
            OverheadFigures(0.2, 0.3, 0.9),
        ],
    )
    def test_is_missed_beyond_them(self, figures: Figures) -> None:
        verdicts = judge(figures)
        assert sum(not verdict.is_met for verdict in verdicts) == 1
        assert "MISSED" in format_report(verdicts)
