"""What the documents in the repository say, in a form that tests can compare with the code."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

_CELL_BOUNDARY = re.compile(r"(?<!\\)\|")


def read_document(name: str) -> str:
    """Return the text of a document, named relative to the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def table_rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of every row of every Markdown table in `text`, headings and rulers left out."""
    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("|") and not _is_ruler(line) and not _is_ruler(following):
            yield [cell.strip() for cell in _CELL_BOUNDARY.split(line)[1:-1]]


def _is_ruler(line: str) -> bool:
    return re.fullmatch(r"\|[-:| ]+\|", line) is not None
