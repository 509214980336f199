"""The examples of docs/quick-add.md are true."""

import re

import pytest

from tests.architecture.documents import read_document, table_rows
from tests.unit.tasks.quick_add.reading import HOME, WORK, due, read

LIST_NAMES = {WORK: "@Work", HOME: "@Home stuff"}

_CODE = re.compile(r"`([^`]+)`")


def examples() -> list[tuple[str, str, str, list[str]]]:
    """Return text, title, due and the rest of every row of the tables."""
    return [
        (*("".join(_CODE.findall(cell)) for cell in cells[:3]), _CODE.findall(cells[3]))
        for cells in table_rows(read_document("docs/quick-add.md"))
    ]


def rest(text: str) -> list[str]:
    """Return labels, priority, list, rule and what it counts from, in the document's words."""
    task = read(text)
    words = [
        *task.labels,
        f"!{task.priority}" if task.priority else None,
        LIST_NAMES[task.list_id] if task.list_id else None,
        task.rule,
        "from completion" if task.is_from_completion else None,
    ]
    return [word for word in words if word]


class TestTheDocument:
    def test_has_examples(self) -> None:
        assert len(examples()) > 80

    @pytest.mark.parametrize(("text", "title", "moment", "others"), examples())
    def test_tells_how_a_line_is_read(self, text: str, title: str, moment: str, others: list[str]) -> None:
        assert (read(text).title, due(text), rest(text)) == (title, moment, others)
