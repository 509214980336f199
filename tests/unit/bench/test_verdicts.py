"""The targets of the benchmark against runs that are made up."""

from bench.figures import Sample, Samples
from bench.load import LoadResult
from bench.verdicts import Verdict, judge


def measured(rates: dict[tuple[str, str], int]) -> Samples:
    samples = Samples()
    for (scenario, contender), rate in rates.items():
        samples.add(scenario, contender, Sample(LoadResult(rate, 1.0, 1.0, 1.0)))
    return samples


def outcomes(verdicts: list[Verdict]) -> dict[str, str]:
    return {verdict.text: verdict.outcome for verdict in verdicts}


class TestTargets:
    def test_are_met_at_their_bounds(self) -> None:
        samples = measured(
            {
                ("cached-list", "limit"): 1_000,
                ("cached-list", "express"): 100,
                ("cached-list", "taskfleet"): 400,
                ("not-modified", "limit"): 1_000,
                ("not-modified", "taskfleet"): 500,
                ("uncached-list", "express"): 100,
                ("uncached-list", "taskfleet"): 200,
                ("create", "express"): 1_000,
                ("create", "taskfleet"): 400,
                ("patch", "taskfleet"): 400,
                ("batch", "taskfleet"): 20,
            }
        )

        verdicts = judge(samples, 159.9, 9.9, {"first-page": 1.5, "create": 1.0, "sync": 1.2})

        assert set(outcomes(verdicts).values()) == {"met"}

    def test_are_missed_beyond_them(self) -> None:
        samples = measured({("cached-list", "limit"): 1_000, ("cached-list", "taskfleet"): 399})

        verdicts = outcomes(judge(samples, 160.0, 10.0, {"sync": 1.51}))

        assert verdicts["cached list / bare ASGI app"] == "MISSED"
        assert verdicts["memory of one worker"] == "MISSED"
        assert verdicts["p99 of cached reads at half load"] == "MISSED"
        assert verdicts["cost of a sync at 100,000 tasks"] == "MISSED"

    def test_are_open_without_figures(self) -> None:
        assert set(outcomes(judge(Samples(), None, None, {})).values()) == {"not measured"}

    def test_hold_the_patch_against_the_plain_insert(self) -> None:
        samples = measured(
            {
                ("patch", "taskfleet"): 300,
                ("patch", "express"): 100,
                ("create", "express"): 1_000,
            }
        )

        verdict = next(verdict for verdict in judge(samples, None, None, {}) if verdict.text.startswith("patch"))

        assert (verdict.value, verdict.outcome) == (0.3, "MISSED")

    def test_are_written_with_their_bounds(self) -> None:
        conditions = [verdict.condition for verdict in judge(Samples(), None, None, {})]

        assert {">= 0.4 x", "< 160 MB", "< 10 ms", "<= 1.5 x"} <= set(conditions)
