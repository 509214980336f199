"""Where the results go: standard output, JSON, the chart, and the README between markers."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import tables
from bench.chart import Group, draw_chart
from bench.errors import BenchError
from bench.results import Results
from bench.servers import EXPRESS, LIMIT, ROOT, TASKFLEET
from bench.versions import describe_machine

RESULTS_DIRECTORY = Path(__file__).parent / "results"
README = ROOT / "README.md"
README_CHART = ROOT / "docs" / "benchmark.svg"


def format_report(results: Results) -> str:
    """Return everything that a run found out."""
    parts = [
        tables.rates_table(results),
        tables.cpu_table(results),
        tables.growth_table(results) if results.growth else None,
        tables.half_load_line(results),
        tables.memory_line(results),
        tables.targets_table(results),
        *results.notes,
        *(f"FAILED {line}" for line in tables.failure_lines(results)),
        describe_conditions(results),
    ]
    return "\n\n".join(part for part in parts if part)


def describe_conditions(results: Results) -> str:
    """Return in which circumstances the figures came about."""
    options = results.options
    runs = f"{options.rounds} interleaved {'round' if options.rounds == 1 else 'rounds'} of {options.seconds} s"
    versions = ", ".join(f"{name} {number}" for name, number in results.versions.items())
    return f"Medians of {runs} each, {datetime.now(UTC):%Y-%m-%d}, on {describe_machine()}; {versions}."


def write_files(results: Results) -> None:
    """Write the JSON and the chart of this run; a part takes no complete run's place, by which the pods are sized."""
    RESULTS_DIRECTORY.mkdir(exist_ok=True)
    name = "latest" if results.options.is_complete else "partial"
    text = json.dumps(to_json(results), indent=2) + "\n"
    (RESULTS_DIRECTORY / f"{name}.json").write_text(text, encoding="utf-8")
    (RESULTS_DIRECTORY / f"{name}.svg").write_text(chart(results), encoding="utf-8")


def to_json(results: Results) -> dict[str, Any]:
    """Return the run as JSON values: medians with the rates of every round, verdicts, circumstances."""
    options = results.options
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "versions": results.versions,
        "options": {"rounds": options.rounds, "seconds": options.seconds, "cores": asdict(options.cores)},
        "scenarios": {
            scenario.name: {
                contender: _contender_json(results, scenario.name, contender) for contender in scenario.contenders
            }
            for scenario in options.scenarios
        },
        "half_load": {"rate": results.half_load_rate, "runs": [asdict(run) for run in results.half_load]},
        "growth": dict(results.growth),
        "memory_mb": results.memory_mb,
        "targets": [asdict(verdict) | {"outcome": verdict.outcome} for verdict in results.verdicts],
        "notes": [*results.notes, *tables.failure_lines(results)],
    }


def _contender_json(results: Results, scenario: str, contender: str) -> dict[str, Any]:
    figures = results.samples.figures(scenario, contender)
    if figures is None:
        return {"failure": results.samples.failure(scenario, contender) or "not measured"}
    return {**asdict(figures), "rates": results.samples.rates(scenario, contender)}


def chart(results: Results) -> str:
    """Return the chart of all scenarios that more than one contender took part in."""
    groups = []
    for scenario in results.options.scenarios:
        if {EXPRESS, TASKFLEET} <= set(scenario.contenders):
            figures = [results.samples.figures(scenario.name, name) for name in (LIMIT, EXPRESS, TASKFLEET)]
            limit, *rates = [None if each is None else each.rate for each in figures]
            groups.append(Group(scenario.title, [limit if scenario.shows_limit else None, *rates]))
    return draw_chart(
        "Requests per second, one worker on one core",
        "Each group has its own scale. The bare ASGI app answers as many bytes and does nothing else.",
        ("bare ASGI app", "Express + Mongoose", "Taskfleet"),
        groups,
    )


def write_readme(results: Results) -> None:
    """Put tables and chart into the README. Raises `BenchError` when the run is not fit for it."""
    if not results.options.is_complete or results.notes or tables.failure_lines(results):
        raise BenchError("the README is left as it is: it takes a complete run without a failure")
    README_CHART.write_text(chart(results), encoding="utf-8")
    parts = [
        f"![Requests per second](docs/{README_CHART.name})",
        tables.rates_table(results),
        tables.cpu_table(results),
        tables.growth_table(results),
        " ".join(filter(None, (tables.half_load_line(results), tables.memory_line(results)))),
        tables.targets_table(results),
        describe_conditions(results),
    ]
    put_into_readme("bench", "\n\n".join(parts))


def put_into_readme(name: str, content: str) -> None:
    """Write between the markers of that name. Raises `BenchError` when they are not there once."""
    README.write_text(replace_between_markers(README.read_text(encoding="utf-8"), name, content), encoding="utf-8")


def replace_between_markers(text: str, name: str, content: str) -> str:
    """Return the text with other content between the markers. Raises `BenchError` when they are not there once."""
    begin, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise BenchError(f"the README must hold {begin} and {end} once each")
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{content}\n{end}{rest.partition(end)[2]}"
