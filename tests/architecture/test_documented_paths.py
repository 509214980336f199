"""What the documents refer to exists."""

import re
from pathlib import Path

import pytest

from tests.architecture.documents import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
_CODE = re.compile(r"`([^`\n]+)`")
# `app/data/changes.py` and `app/data/` are paths of the repository, `/livez` and `text/css` are not.
_PATH = re.compile(r"(?!application/|text/|\d+/)[\w.-]+/(?:[\w.-]+/?)*|pyproject\.toml")


def missing_links(text: str, directory: Path) -> list[str]:
    """Return the targets of links to files that do not exist."""
    targets = [target for target in _LINK.findall(text) if "://" not in target]
    return [target for target in targets if not (directory / target).exists()]


def missing_paths(text: str) -> list[str]:
    """Return the paths in code spans that do not exist in the repository."""
    paths = [code for code in _CODE.findall(text) if _PATH.fullmatch(code)]
    return [path for path in paths if not (ROOT / path).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
class TestADocument:
    def test_links_to_what_exists(self, document: Path) -> None:
        assert missing_links(document.read_text(encoding="utf-8"), document.parent) == []

    def test_names_paths_that_exist(self, document: Path) -> None:
        assert missing_paths(document.read_text(encoding="utf-8")) == []


class TestTheSearchForWhatIsMissing:
    def test_finds_links_and_paths_that_lead_nowhere(self) -> None:
        text = (
            "[a](docs/nowhere.md#top) [b](https://example.org/) `app/nowhere.py` `app/` `/livez` `application/json`"
        )

        assert missing_links(text, ROOT) == ["docs/nowhere.md"]
        assert missing_paths(text) == ["app/nowhere.py"]

    def test_looks_at_the_pages_that_matter(self) -> None:
        assert {ROOT / "README.md", ROOT / "docs" / "architecture.md"} <= set(DOCUMENTS)
