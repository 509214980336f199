"""The report in words: Markdown tables, readable in a terminal as well."""

from collections.abc import Sequence

from bench.results import Results
from bench.scaling import FEW, MANY, OPERATIONS
from bench.scenarios import Scenario
from bench.servers import EXPRESS, LIMIT, TASKFLEET

NOTHING = "-"
FAILED = "failed"


def format_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with its columns padded, the first to the left and the others to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def line(cells: Sequence[str]) -> str:
        first, *others = cells
        padded = [
            first.ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)),
        ]
        return f"| {' | '.join(padded)} |"

    return "\n".join([line(head), line(rule), *(line(row) for row in rows)])


def rates_table(results: Results) -> str:
    """Requests per second and latency of all contenders, and Taskfleet's ratios to the others."""
    head = (
        "Requests per second",
        *("bare ASGI", "Express", "Taskfleet", "of bare", "x Express"),
        *("p99 ms, Express", "p99 ms, Taskfleet"),
    )
    return format_table(head, [_rates_row(results, scenario) for scenario in results.options.scenarios])


def _rates_row(results: Results, scenario: Scenario) -> list[str]:
    samples, name = results.samples, scenario.name
    of_bare, times_express = (
        samples.ratio((name, TASKFLEET), (name, LIMIT)),
        samples.ratio((name, TASKFLEET), (name, EXPRESS)),
    )
    return [
        scenario.title,
        *(_cell(results, name, contender, "rate", ",.0f") for contender in (LIMIT, EXPRESS, TASKFLEET)),
        NOTHING if of_bare is None else f"{of_bare:.2f}",
        NOTHING if times_express is None else f"{times_express:.2f}",
        *(_cell(results, name, contender, "p99_ms", ".1f") for contender in (EXPRESS, TASKFLEET)),
    ]


def cpu_table(results: Results) -> str:
    """Processor time per request, in the service's own process and in mongod and the cache server."""
    head = ("CPU µs per request", "bare ASGI", "Express", "its databases", "Taskfleet", "its databases")
    columns = (
        (LIMIT, "worker_cpu_us"),
        (EXPRESS, "worker_cpu_us"),
        (EXPRESS, "databases_cpu_us"),
        (TASKFLEET, "worker_cpu_us"),
        (TASKFLEET, "databases_cpu_us"),
    )
    rows = [
        [scenario.title, *(_cell(results, scenario.name, contender, what, ",.0f") for contender, what in columns)]
        for scenario in results.options.scenarios
    ]
    return format_table(head, rows)


def growth_table(results: Results) -> str:
    """What one request costs a user with few tasks and one with many."""
    head = ("One at a time", f"ms at {FEW:,} tasks", f"ms at {MANY:,} tasks", "growth")
    rows = []
    for operation in OPERATIONS:
        figures = [results.growth_samples.figures(operation.name, size) for size in ("few", "many")]
        growth = results.growth.get(operation.name)
        rows.append(
            [
                operation.title,
                *(NOTHING if each is None else f"{1e3 / each.rate:.2f}" for each in figures),
                NOTHING if growth is None else f"{growth:.2f}",
            ]
        )
    return format_table(head, rows)


def targets_table(results: Results) -> str:
    """Every target with what was measured."""
    rows = [
        [
            verdict.text,
            verdict.condition,
            NOTHING if verdict.value is None else f"{verdict.value:.2f} {verdict.unit}",
            verdict.outcome,
        ]
        for verdict in results.verdicts
    ]
    return format_table(("Target", "bound", "measured", "verdict"), rows)


def memory_line(results: Results) -> str:
    """The most memory of each process."""
    titles = {LIMIT: "bare ASGI app", EXPRESS: "Express", TASKFLEET: "Taskfleet"}
    told = [f"{titles[name]} {megabytes:.0f} MB" for name, megabytes in results.memory_mb.items()]
    return f"Most memory of one worker: {', '.join(told)}."


def half_load_line(results: Results) -> str | None:
    """Latency at half load, if it was measured."""
    if results.half_load_rate is None or results.half_load_p99_ms is None:
        return None
    return (
        f"Cached list at half load ({results.half_load_rate:,.0f}/s at a constant rate): "
        f"p99 {results.half_load_p99_ms:.1f} ms."
    )


def failure_lines(results: Results) -> list[str]:
    """What has no figures, and why."""
    failures = [*results.samples.failures(), *results.growth_samples.failures()]
    return [f"{scenario}, {contender}: {reason}." for scenario, contender, reason in failures]


def _cell(results: Results, scenario: str, contender: str, what: str, form: str) -> str:
    figures = results.samples.figures(scenario, contender)
    if figures is not None:
        return format(getattr(figures, what), form)
    return NOTHING if results.samples.failure(scenario, contender) is None else FAILED
