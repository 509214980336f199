"""What the API answers: exactly the contract's members, in the contract's forms."""

from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import bson
import pytest
from bson.codec_options import CodecOptions
from pydantic import TypeAdapter
from pydantic_core import to_json

from app.data.accounts import Account
from app.data.changes import Change
from app.data.wire import decode_wire, from_wire
from app.tasks.documents import new_task
from app.tasks.representation import represent_editable, represent_list, represent_task
from app.tasks.schemas import ListOut, TaskDraft, TaskOut, TaskPatch

USER, TASK, LIST, PARENT = (UUID(int=number) for number in range(1, 5))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_STANDARD: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, uuid_representation=4)

# docs/api.md, tasks.
TASK_MEMBERS = {
    *("id", "title", "notes", "status", "priority", "due", "due_at", "recurrence", "reminders", "labels"),
    *("list_id", "parent_id", "position", "completed_at", "created_at", "updated_at", "revision"),
}
LIST_MEMBERS = {"id", "name", "color", "archived", "position", "revision"}

FULL = {
    "title": "Buy milk",
    "notes": "Two *bottles*",
    "status": "done",
    "priority": 3,
    "due": {"date": "2026-12-01", "time": "09:30", "timezone": "Europe/Paris"},
    "recurrence": {"rule": "FREQ=WEEKLY;BYDAY=TU", "from": "due"},
    "reminders": [{"minutes_before": 30}, {"at": "2026-12-01T08:00:00.5+02:00"}],
    "labels": ["home", "käse"],
    "list_id": str(LIST),
    "parent_id": str(PARENT),
}


def stored(fields: dict[str, Any]) -> dict[str, Any]:
    """The document of a new task with these fields."""
    change = Change(None, Account(USER, "user", 7, "UTC", is_disabled=False), NOW, 0)
    return new_task(TASK, change, TaskDraft.model_validate(fields), "a0")


def travelling(document: dict[str, Any]) -> bytes:
    """The document as the database sends it."""
    return bson.encode(document, codec_options=_STANDARD)


class TestATaskAsItTravels:
    @pytest.mark.parametrize("fields", [FULL, {"title": "Buy milk"}])
    def test_looks_like_any_other(self, fields: dict[str, Any]) -> None:
        document = stored(fields)
        members = decode_wire(travelling(document))

        assert type(members["_id"]) is not UUID  # the control: nothing was made an object
        assert represent_task(members) == represent_task(document)

    def test_can_be_read_back(self) -> None:
        members = decode_wire(travelling(stored(FULL)))

        assert from_wire(members["_id"]) == TASK
        assert from_wire(members["created_at"]) == NOW
        assert from_wire(members["created_at"]).tzinfo is not None
        assert from_wire(members["priority"]) == 3


class TestATaskWithEverything:
    def test_says_what_was_stored(self) -> None:
        assert represent_task(stored(FULL)) == {
            **FULL,
            "id": str(TASK),
            "due_at": "2026-12-01T08:30:00.000Z",
            "reminders": [{"minutes_before": 30}, {"at": "2026-12-01T06:00:00.500Z"}],
            "position": "a0",
            "completed_at": "2026-11-23T12:00:00.000Z",
            "created_at": "2026-11-23T12:00:00.000Z",
            "updated_at": "2026-11-23T12:00:00.000Z",
            "revision": 7,
        }


class TestATaskWithATitleAlone:
    def test_says_every_default(self) -> None:
        assert represent_task(stored({"title": "Buy milk"})) == {
            "id": str(TASK),
            "title": "Buy milk",
            "notes": "",
            "status": "todo",
            "priority": 0,
            "due": None,
            "due_at": None,
            "recurrence": None,
            "reminders": [],
            "labels": [],
            "list_id": None,
            "parent_id": None,
            "position": "a0",
            "completed_at": None,
            "created_at": "2026-11-23T12:00:00.000Z",
            "updated_at": "2026-11-23T12:00:00.000Z",
            "revision": 7,
        }


class TestEveryTask:
    @pytest.mark.parametrize("fields", [FULL, {"title": "Buy milk"}])
    def test_has_exactly_the_members_of_the_contract(self, fields: dict[str, Any]) -> None:
        assert set(represent_task(stored(fields))) == TASK_MEMBERS

    @pytest.mark.parametrize("fields", [FULL, {"title": "Buy milk"}])
    def test_keeps_to_the_model_that_openapi_shows(self, fields: dict[str, Any]) -> None:
        document = represent_task(stored(fields))

        assert TaskOut.model_validate_json(to_json(document))

    def test_may_be_sent_back_as_it_was_read(self) -> None:
        """What a client may write is a part of what it reads, in the same form."""
        task = stored(FULL)

        draft = TaskDraft.model_validate(represent_editable(task))

        assert draft == TaskDraft.model_validate(FULL)


class TestTheModels:
    def test_of_a_task_has_exactly_the_members_of_the_contract(self) -> None:
        assert set(TaskOut.model_fields) == TASK_MEMBERS

    def test_of_a_list_has_exactly_the_members_of_the_contract(self) -> None:
        assert set(ListOut.model_fields) == LIST_MEMBERS

    def test_of_a_patch_and_of_a_new_task_have_the_same_members(self) -> None:
        assert TaskPatch.model_fields.keys() == TaskDraft.model_fields.keys()

    @pytest.mark.parametrize("name", TaskPatch.model_fields)
    def test_of_a_patch_lets_null_stand_for_every_member(self, name: str) -> None:
        """Null clears (RFC 7396); whether a member may be without a value is decided after the merge."""
        assert TypeAdapter(TaskPatch).validate_python({name: None})
        assert type(None) in get_args(TaskPatch.model_fields[name].annotation)


class TestAList:
    @pytest.mark.parametrize("color", [None, "#2f80ed"])
    def test_has_exactly_the_members_of_the_contract(self, color: str | None) -> None:
        document = {"_id": LIST, "user_id": USER, "name": "Home", "color": color, "archived": False}
        answer = represent_list({**document, "position": "a0", "revision": 7, "deleted": False, "created_at": NOW})

        assert set(answer) == LIST_MEMBERS
        assert ListOut.model_validate_json(to_json(answer))
