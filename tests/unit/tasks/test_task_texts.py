"""The text of tasks: always that of the document, rendered once, and within a bound."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import bson
import pytest
from bson.codec_options import CodecOptions
from pydantic_core import to_json

from app.data.accounts import Account
from app.data.changes import Change
from app.tasks import task_texts
from app.tasks.documents import new_task
from app.tasks.representation import represent_task
from app.tasks.schemas import TaskDraft
from app.tasks.task_texts import TaskTexts

USER, TASK = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_STANDARD: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, uuid_representation=4)


def stored(**fields: Any) -> dict[str, Any]:
    """The document of a new task."""
    change = Change(None, Account(USER, "user", 7, "UTC", is_disabled=False), NOW, 0)
    return new_task(TASK, change, TaskDraft.model_validate({"title": "Buy milk", **fields}), "a0")


def travelling(document: dict[str, Any]) -> bytes:
    """The document as the database sends it."""
    return bson.encode(document, codec_options=_STANDARD)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the tasks that were rendered, once for each time."""
    titles: list[str] = []

    def represent(document: dict[str, Any]) -> dict[str, Any]:
        titles.append(document["title"])
        return represent_task(document)

    monkeypatch.setattr(task_texts, "represent_task", represent)
    return titles


class TestTheTextOfATask:
    @pytest.mark.parametrize("fields", [{}, {"notes": "Two *bottles* of \x01 käse", "labels": ["home"]}])
    def test_is_that_of_its_document_each_time(self, fields: dict[str, Any]) -> None:
        texts, document = TaskTexts(), stored(**fields)

        for _ in range(2):
            assert texts.render([travelling(document)]) == [to_json(represent_task(document))]

    def test_shows_what_changed_though_neither_id_nor_revision_did(self) -> None:
        texts, document = TaskTexts(), stored()
        texts.render([travelling(document)])

        changed = {**document, "title": "Buy bread"}

        assert texts.render([travelling(changed)]) == [to_json(represent_task(changed))]

    def test_is_rendered_once(self, rendered: list[str]) -> None:
        texts = TaskTexts()

        for title in ("one", "two", "one", "two"):
            texts.render([travelling(stored(title=title))])

        assert rendered == ["one", "two"]

    def test_stands_where_its_task_does_among_several(self) -> None:
        texts, documents = TaskTexts(), [stored(title=title) for title in ("one", "two", "six")]
        texts.render([travelling(documents[1])])

        rendered = texts.render(map(travelling, documents))

        assert rendered == [to_json(represent_task(document)) for document in documents]


class TestWhatIsRemembered:
    # Each of these documents with its text takes some 1,000 bytes.
    ROOM_FOR_TWO = 2_500

    def test_is_what_was_asked_for_last(self, rendered: list[str]) -> None:
        texts = TaskTexts(self.ROOM_FOR_TWO)

        for title in ("one", "two", "one", "six", "one", "two"):
            texts.render([travelling(stored(title=title))])

        assert rendered == ["one", "two", "six", "two"]

    def test_is_nothing_that_takes_more_than_all_the_room(self, rendered: list[str]) -> None:
        texts, large = TaskTexts(self.ROOM_FOR_TWO), stored(title="large", notes="x" * 5_000)

        for _ in range(2):
            assert texts.render([travelling(large)]) == [to_json(represent_task(large))]
        texts.render([travelling(stored(title="one"))])
        texts.render([travelling(stored(title="one"))])

        assert rendered == ["large", "large", "one"]

    def test_takes_no_more_room_than_it_may(self) -> None:
        """Text may take six times the bytes of the document, so that the document alone would say too little."""
        texts = TaskTexts(100_000)

        for number in range(300):
            texts.render([travelling(stored(title=str(number), notes="\x01" * (number * 7 % 500)))])

        kept = sum(len(document) + len(text) for document, text in texts._texts.items())
        assert 50_000 < kept < 100_000
