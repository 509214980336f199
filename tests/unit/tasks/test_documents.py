"""How a task document comes about, and what follows from what when it is changed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.data.accounts import Account
from app.data.changes import Change
from app.data.database import Document
from app.tasks.documents import (
    apply_draft,
    difference,
    independent_changes,
    is_independent,
    new_task,
    restored_task,
    to_update,
    with_changes,
)
from app.tasks.due import NEVER
from app.tasks.schemas import TaskDraft

USER, TASK, PARENT, LIST = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def change_at(instant: datetime, revision: int = 7, timezone: str = "UTC") -> Change:
    return Change(None, Account(USER, "user", revision, timezone, is_disabled=False), instant, 0)


def draft(**fields: Any) -> TaskDraft:
    return TaskDraft.model_validate({"title": "Buy milk", **fields})


def stored(**fields: Any) -> Document:
    return new_task(TASK, change_at(NOW), draft(**fields), "a0")


class TestANewTask:
    def test_belongs_to_the_user_and_is_not_in_the_trash(self) -> None:
        task = stored()

        assert (task["_id"], task["user_id"], task["deleted"]) == (TASK, USER, False)

    def test_bears_the_stamp_of_its_change(self) -> None:
        task = stored()

        assert (task["revision"], task["created_at"], task["updated_at"]) == (7, NOW, NOW)

    def test_marks_its_change_as_one_that_changed_something(self) -> None:
        change = change_at(NOW)
        assert not change.is_stamped

        new_task(TASK, change, draft(), "a0")

        assert change.is_stamped

    @pytest.mark.parametrize("field", ["labels", "parent_id", "completed_at"])
    def test_leaves_out_what_would_swell_the_partial_indexes(self, field: str) -> None:
        assert field not in stored()

    def test_sorts_behind_all_others_without_a_due_date(self) -> None:
        assert (stored()["due_at"], stored()["due_order"]) == (None, NEVER)

    def test_sorts_by_its_due_date(self) -> None:
        task = stored(due={"date": "2026-12-01", "time": "09:30"})

        assert task["due_at"] == task["due_order"] == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)

    def test_is_due_in_the_users_zone(self) -> None:
        task = new_task(TASK, change_at(NOW, timezone="Asia/Tokyo"), draft(due={"date": "2026-12-01"}), "a0")

        assert task["due_at"] == datetime(2026, 12, 1, 14, 59, 59, tzinfo=UTC)

    def test_was_completed_when_it_begins_done(self) -> None:
        assert stored(status="done")["completed_at"] == NOW

    def test_keeps_of_a_reminder_only_its_kind(self) -> None:
        task = stored(reminders=[{"minutes_before": 30}, {"at": "2026-12-01T08:00:00Z"}])

        assert task["reminders"] == [{"minutes_before": 30}, {"at": datetime(2026, 12, 1, 8, tzinfo=UTC)}]


class TestAChangedTask:
    def test_leaves_the_one_it_was_made_from_as_it_was(self) -> None:
        task = stored(labels=["home"])
        kept = dict(task)

        apply_draft(task, draft(title="Buy cheese"), change_at(LATER))

        assert task == kept

    def test_equals_the_old_one_when_nothing_differs(self) -> None:
        task = stored(labels=["home"], due={"date": "2026-12-01"}, status="done")

        same = apply_draft(task, draft(labels=["home"], due={"date": "2026-12-01"}, status="done"), change_at(LATER))

        assert same == task

    def test_loses_its_labels(self) -> None:
        assert "labels" not in apply_draft(stored(labels=["home"]), draft(), change_at(LATER))

    def test_is_completed_at_the_time_of_the_change(self) -> None:
        assert apply_draft(stored(), draft(status="done"), change_at(LATER))["completed_at"] == LATER

    def test_keeps_the_time_at_which_it_was_completed(self) -> None:
        task = stored(status="done")

        assert apply_draft(task, draft(status="done", title="x"), change_at(LATER))["completed_at"] == NOW

    @pytest.mark.parametrize("status", ["todo", "in_progress"])
    def test_was_never_completed_when_it_is_open_again(self, status: str) -> None:
        assert "completed_at" not in apply_draft(stored(status="done"), draft(status=status), change_at(LATER))

    def test_keeps_its_instant_when_its_date_stays_though_the_user_is_elsewhere(self) -> None:
        """A floating date follows the user's zone only through the change of the zone itself."""
        task = stored(due={"date": "2026-12-01"})
        elsewhere = change_at(LATER, timezone="Asia/Tokyo")

        assert apply_draft(task, draft(due={"date": "2026-12-01"}), elsewhere)["due_at"] == task["due_at"]
        assert apply_draft(task, draft(due={"date": "2026-12-02"}), elsewhere)["due_at"].hour == 14

    def test_loses_its_due_date(self) -> None:
        changed = apply_draft(stored(due={"date": "2026-12-01"}), draft(), change_at(LATER))

        assert (changed["due"], changed["due_at"], changed["due_order"]) == (None, None, NEVER)


class TestValuesThatAreWritten:
    @pytest.mark.parametrize("field", ["labels", "parent_id", "completed_at"])
    def test_leave_out_sparse_fields_without_a_value(self, field: str) -> None:
        full = {**stored(labels=["home"], status="done"), "parent_id": PARENT}

        assert field not in with_changes(full, {"labels": [], "parent_id": None, "completed_at": None})

    def test_keep_other_fields_without_a_value(self) -> None:
        assert with_changes(stored(notes="x"), {"notes": ""})["notes"] == ""

    def test_follow_the_list_with_its_home(self) -> None:
        task = stored()

        assert task["home"] == USER
        assert with_changes(task, {"list_id": LIST})["home"] == LIST
        assert with_changes({**task, "list_id": LIST}, {"list_id": None})["home"] == USER


class TestATaskTakenOutOfTheTrash:
    def test_bears_no_mark_of_having_been_there(self) -> None:
        task = stored()
        trashed = {**task, "deleted": True, "deleted_at": LATER, "deleted_with": TASK}

        assert restored_task(trashed, change_at(LATER, revision=9), {}) == {
            **task,
            "revision": 9,
            "updated_at": LATER,
        }

    def test_is_due_where_the_user_is_now(self) -> None:
        task = stored(due={"date": "2026-12-01"})

        restored = restored_task(task, change_at(LATER, revision=9, timezone="Asia/Tokyo"), {})

        assert restored["due_at"] == restored["due_order"] == datetime(2026, 12, 1, 14, 59, 59, tzinfo=UTC)
        assert restored["order_revision"] == 9


class TestAPatchOfIndependentFields:
    def test_changes_what_it_says(self) -> None:
        patch = {"title": "x", "notes": "y", "labels": ["home"]}

        assert independent_changes(patch, change_at(LATER)) == patch

    @pytest.mark.parametrize(("status", "completed_at"), [("done", LATER), ("todo", None), ("in_progress", None)])
    def test_changes_the_time_of_completion_too(self, status: str, completed_at: datetime | None) -> None:
        changes = {"status": status, "completed_at": completed_at}

        assert independent_changes({"status": status}, change_at(LATER)) == changes
        assert independent_changes({"status": status}, change_at(LATER), stored()) == changes

    def test_leaves_the_time_of_completion_to_a_task_that_is_done(self) -> None:
        changes = independent_changes({"status": "done"}, change_at(LATER), stored(status="done"))

        assert changes == {"status": "done", "completed_at": NOW}

    @pytest.mark.parametrize(
        "fields", [{"status": "done", "labels": ["home"]}, {"due": {"date": "2026-12-01"}}], ids=str
    )
    @pytest.mark.parametrize(
        "patch",
        [{"title": "x"}, {"notes": ""}, {"labels": []}, {"labels": ["work"]}, {"status": "done"}, {"status": "todo"}],
        ids=str,
    )
    def test_comes_to_the_same_as_the_whole_draft(self, fields: dict[str, Any], patch: dict[str, Any]) -> None:
        task, change = stored(**fields), change_at(LATER)

        changed = with_changes(task, independent_changes(patch, change, task))

        assert changed == apply_draft(task, draft(**(fields | patch)), change)

    @pytest.mark.parametrize(
        "patch", [{}, {"notes": None}, {"priority": 1}, {"title": "x", "due": {}}, {"list_id": str(LIST)}], ids=str
    )
    def test_is_none_that_names_others(self, patch: dict[str, Any]) -> None:
        assert not is_independent(patch)


class TestTheDifference:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"title": "a"}, {"title": "b"}),
            ({"labels": ["home"]}, {}),
            ({}, {"labels": ["home"]}),
            ({"status": "done"}, {"status": "todo", "notes": "x"}),
            ({"due": {"date": "2026-12-01"}}, {"priority": 1}),
        ],
        ids=str,
    )
    def test_makes_one_task_of_the_other(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        task, wanted = stored(**before), stored(**after)

        assert with_changes(task, difference(task, wanted)) == wanted

    def test_of_equal_tasks_is_nothing(self) -> None:
        assert difference(stored(), stored()) == {}

    def test_removes_what_would_swell_the_partial_indexes(self) -> None:
        changes = difference(stored(labels=["home"]), stored(notes="x"))

        assert to_update(changes) == {"$set": {"notes": "x"}, "$unset": {"labels": ""}}

    def test_keeps_other_fields_that_have_no_value(self) -> None:
        assert to_update({"due": None, "notes": ""}) == {"$set": {"due": None, "notes": ""}}
