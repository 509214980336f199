"""What MongoDB did to answer a command, and what is wrong with that."""

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

Document = Mapping[str, Any]

_PARTS = frozenset({"find", "filter", "sort", "hint", "limit", "projection", "aggregate", "pipeline"})


class Commands(CommandListener):
    """Remembers the commands that went to one database."""

    def __init__(self, database: str) -> None:
        self._database = database
        self.sent: list[Document] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.database_name == self._database:
            self.sent.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to remember."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to remember."""

    def take(self) -> list[Document]:
        """Return what was sent since the last time."""
        taken, self.sent = self.sent, []
        return taken


async def explain(database: AsyncDatabase[dict[str, Any]], command: Document) -> Document:
    """Return the plan of a command with what its execution cost."""
    plain = {part: value for part, value in command.items() if part in _PARTS}
    if "aggregate" in plain:
        plain["cursor"] = {}
    return await database.command(
        {"explain": plain, "verbosity": "executionStats"}, codec_options=database.codec_options
    )


def find_faults(explained: Document, *, is_count: bool = False) -> list[str]:
    """Return what breaks the rules: a scan, a sort, a plan that was only tried, documents read in vain.

    A count (`is_count`) is to be answered from the index alone.
    """
    faults = [stage for stage in _stages(_find(explained, "winningPlan")) if stage in {"COLLSCAN", "SORT"}]
    if _find(explained, "rejectedPlans"):
        faults.append("CHOICE")
    statistics = _find(explained, "executionStats")
    examined, returned = statistics["totalDocsExamined"], statistics["nReturned"]
    if examined > (0 if is_count else 1.1 * returned):
        faults.append(f"EXAMINED {examined} for {returned}")
    return faults


def _find(explained: Any, name: str) -> Any:
    if isinstance(explained, Mapping):
        if name in explained:
            return explained[name]
        explained = list(explained.values())
    if isinstance(explained, list):
        return next((found for part in explained if (found := _find(part, name)) is not None), None)
    return None


def _stages(plan: Any) -> Iterator[str]:
    if isinstance(plan, Mapping):
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        for part in plan.values():
            yield from _stages(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from _stages(part)
