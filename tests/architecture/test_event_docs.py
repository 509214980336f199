"""`docs/operations.md` names every event of the log."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.documents import ROOT, read_document, table_rows

_LEVELS = frozenset({"info", "warning", "error", "exception", "critical"})


def events_in(source: str) -> Iterator[str]:
    """Yield the names of the events that a module logs."""
    for call in ast.walk(ast.parse(source)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _LEVELS):
            continue
        if (
            isinstance(call.func.value, ast.Name | ast.Attribute)
            and call.args
            and isinstance(call.args[0], ast.Constant)
        ):
            yield str(call.args[0].value)


def documented_events() -> set[str]:
    """What the first cells of the table name."""
    section = read_document("docs/operations.md").partition("\n## Logs\n")[2].partition("\n## ")[0]
    return {name for cells in table_rows(section) for name in re.findall(r"`([^`]+)`", cells[0])}


class TestTheListOfEvents:
    def test_names_every_event_of_the_code(self) -> None:
        sources = [path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py")]
        logged = {event for source in sources for event in events_in(source)}

        assert len(logged) > 20
        assert logged - documented_events() == set()

    def test_would_be_caught_with_an_event_that_is_missing(self) -> None:
        assert [*events_in('logger.warning("something_new", error="x")')] == ["something_new"]
        assert "something_new" not in documented_events()

    def test_names_no_event_that_is_gone(self) -> None:
        source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py"))

        assert [event for event in sorted(documented_events()) if f'"{event}"' not in source] == []
