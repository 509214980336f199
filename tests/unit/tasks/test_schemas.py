"""What requests may hold: every limit at its edge and beyond it, nothing unknown, nothing coerced."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from app.tasks.schemas import (
    BatchRequest,
    ListDraft,
    ListPatch,
    MoveRequest,
    OperationHead,
    Reminder,
    TaskDraft,
    TaskPatch,
    UpdateOperation,
)

ID = "0198c7a2-6f00-7000-8000-000000000000"
LABELS = [f"label {number}" for number in range(21)]
REMINDERS = [{"minutes_before": number} for number in range(6)]

ACCEPTED_FIELDS = [
    {"title": "x"},
    {"title": "x" * 500},
    {"title": "\U0001f600" * 500},
    {"title": " padded "},
    {"notes": ""},
    {"notes": "x" * 20_000},
    {"notes": "line\nline\ttab"},
    {"status": "todo"},
    {"status": "in_progress"},
    {"status": "done"},
    {"priority": 0},
    {"priority": 4},
    {"due": None},
    {"due": {"date": "2026-12-01"}},
    {"recurrence": None},
    {"recurrence": {"rule": "FREQ=DAILY", "from": "completion"}},
    {"reminders": []},
    {"reminders": REMINDERS[:5]},
    {"reminders": [{"minutes_before": 40_320}, {"at": "2026-12-01T08:00:00Z"}]},
    {"labels": []},
    {"labels": LABELS[:20]},
    {"labels": ["x" * 50]},
    {"list_id": ID},
    {"list_id": None},
    {"parent_id": ID},
]

REFUSED_FIELDS = [
    {"title": ""},
    {"title": "x" * 501},
    {"title": " \t\u2003"},
    {"title": "nul\x00"},
    {"title": 1},
    {"title": ["x"]},
    {"notes": "x" * 20_001},
    {"notes": "nul\x00"},
    {"notes": False},
    {"status": "DONE"},
    {"status": ""},
    {"status": 1},
    {"priority": -1},
    {"priority": 5},
    {"priority": 1.0},
    {"priority": "1"},
    {"priority": True},
    {"due": "2026-12-01"},
    {"due": []},
    {"due": {"date": "2026-12-01", "hour": 9}},
    {"recurrence": {"rule": "FREQ=DAILY", "from": 1}},
    {"recurrence": ""},
    {"reminders": REMINDERS},
    {"reminders": {"minutes_before": 1}},
    {"labels": LABELS},
    {"labels": [""]},
    {"labels": ["  "]},
    {"labels": ["x" * 51]},
    {"labels": ["nul\x00"]},
    {"labels": [1]},
    {"labels": "home"},
    {"labels": None},
    {"list_id": "inbox"},
    {"list_id": ID.upper()},
    {"list_id": f"{{{ID}}}"},
    {"list_id": ID.replace("-", "")},
    {"list_id": 1},
    {"parent_id": ""},
    {"colour": "red"},
    {"id": ID},
    {"revision": 1},
    {"position": "a0"},
    {"nul\x00": 1},
]


def describe(fields: dict[str, Any]) -> str:
    return str(fields)[:60].replace("\x00", "NUL")


class TestANewTask:
    @pytest.mark.parametrize("fields", ACCEPTED_FIELDS, ids=describe)
    def test_may_have(self, fields: dict[str, Any]) -> None:
        assert TaskDraft.model_validate({"title": "x", **fields})

    @pytest.mark.parametrize("fields", [*REFUSED_FIELDS, {"title": None}, {"priority": None}], ids=describe)
    def test_may_not_have(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            TaskDraft.model_validate({"title": "x", **fields})

    def test_needs_a_title(self) -> None:
        with pytest.raises(ValidationError):
            TaskDraft.model_validate({})

    def test_bears_each_label_once_in_the_order_given(self) -> None:
        draft = TaskDraft.model_validate({"title": "x", "labels": ["b", "a", "b", "B"]})

        assert draft.labels == ["b", "a", "B"]

    def test_keeps_text_as_it_was_given(self) -> None:
        assert TaskDraft.model_validate({"title": " e\u0301 "}).title == " e\u0301 "


class TestAPatchOfATask:
    @pytest.mark.parametrize("fields", [{}, *ACCEPTED_FIELDS, {"due": {"time": None}}], ids=describe)
    def test_may_have(self, fields: dict[str, Any]) -> None:
        assert TaskPatch.model_validate(fields).model_dump(exclude_unset=True).keys() == fields.keys()

    @pytest.mark.parametrize("fields", [case for case in REFUSED_FIELDS if case != {"labels": None}], ids=describe)
    def test_may_not_have(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            TaskPatch.model_validate(fields)


class TestAReminder:
    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"minutes_before": None},
            {"minutes_before": 30, "at": "2026-12-01T08:00:00Z"},
            {"minutes_before": -1},
            {"minutes_before": 40_321},
            {"minutes_before": 1.5},
            {"minutes_before": "30"},
            {"minutes_before": True},
            {"minutes_before": 30, "unit": "hours"},
            {"at": ""},
            {"at": "2026-12-01"},
            {"at": "2026-12-01T08:00:00"},
            {"at": "2026-12-01 08:00:00Z"},
            {"at": "2026-12-01T08:00Z"},
            {"at": "2026-13-01T08:00:00Z"},
            {"at": "2026-12-01T08:00:60Z"},
            {"at": "2026-12-01T08:00:00+25:00"},
            {"at": "0001-01-01T00:00:00+10:00"},
            {"at": "9999-12-31T23:59:59-10:00"},
            {"at": 1_800_000_000},
        ],
        ids=describe,
    )
    def test_may_not_be(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Reminder.model_validate(fields)


class TestAMove:
    def test_must_say_where_to(self) -> None:
        with pytest.raises(ValidationError):
            MoveRequest.model_validate({})

    @pytest.mark.parametrize("fields", [{"after_id": None}, {"after_id": ID}, {"after_id": None, "list_id": None}])
    def test_may_go_to_the_top_or_behind_another_task(self, fields: dict[str, Any]) -> None:
        assert MoveRequest.model_validate(fields).model_fields_set == fields.keys()

    @pytest.mark.parametrize("fields", [{"after_id": 1}, {"after_id": ""}, {"after_id": None, "before_id": ID}])
    def test_may_not_have(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            MoveRequest.model_validate(fields)


class TestAList:
    @pytest.mark.parametrize("model", [ListDraft, ListPatch])
    @pytest.mark.parametrize(
        "fields", [{"name": "x" * 100}, {"color": "#00ff99"}, {"color": None}, {"archived": True}], ids=describe
    )
    def test_may_have(self, model: type[BaseModel], fields: dict[str, Any]) -> None:
        assert model.model_validate({"name": "Home", **fields})

    @pytest.mark.parametrize("model", [ListDraft, ListPatch])
    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": " "},
            {"name": "x" * 101},
            {"name": "nul\x00"},
            {"name": 1},
            {"color": "red"},
            {"color": "#FFFFFF"},
            {"color": "#fff"},
            {"color": "#00ff99\n"},
            {"archived": 1},
            {"archived": "true"},
            {"user_id": ID},
        ],
        ids=describe,
    )
    def test_may_not_have(self, model: type[BaseModel], fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            model.model_validate({"name": "Home", **fields})

    @pytest.mark.parametrize("position", ["", "a", "a00", "a0-", "a" + "1" * 500, 1])
    def test_may_not_be_put_at(self, position: object) -> None:
        with pytest.raises(ValidationError):
            ListPatch.model_validate({"position": position})


class TestABatch:
    @pytest.mark.parametrize("count", [1, 100])
    def test_may_hold_operations(self, count: int) -> None:
        assert BatchRequest.model_validate({"operations": [{"op": "create"}] * count})

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"operations": []},
            {"operations": [{"op": "create"}] * 101},
            {"operations": {"op": "create"}},
            {"operations": ["create"]},
            {"operations": [None]},
            {"operations": [{"op": "create"}], "atomic": "true"},
            {"operations": [{"op": "create"}], "atomic": None},
            {"operations": [{"op": "create"}], "dry_run": True},
        ],
        ids=describe,
    )
    def test_may_not_be(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            BatchRequest.model_validate(fields)

    @pytest.mark.parametrize("fields", [{}, {"op": None}, {"op": "explode"}, {"op": ["create"]}, {"op": "Create"}])
    def test_may_not_hold_an_operation_that_is_not_known(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            OperationHead.model_validate(fields)

    def test_takes_fields_flat_beside_the_id(self) -> None:
        operation = UpdateOperation.model_validate({"id": ID, "title": "x"})

        assert (operation.id, operation.title) == (UUID(ID), "x")
