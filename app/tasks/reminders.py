"""Reminders: what the outbox holds of a task follows every change of the task, in the change's transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from app.data.changes import Change
from app.data.database import Document
from app.data.outbox import OutboxEntry, occurrence_of

REMINDER = "reminder"


def follow_task(change: Change, before: Document | None, after: Document | None) -> None:
    """Plan what the task's reminders come to, and withdraw what they no longer do.

    None stands for a task that was not there before, or will not be: made or restored, deleted or in the trash. A
    reminder whose time has passed is not planned; one that is late and waits to be told stays as long as the task
    has it. Costs nothing where there are no reminders.
    """
    planned_before = {} if before is None else reminders_of(before)
    planned = {} if after is None else reminders_of(after)
    withdrawn = planned_before.keys() - planned.keys()
    for entry_id in withdrawn:
        change.outbox.withdraw(change.user_id, entry_id)
    renewed = [entry for entry in planned.values() if _is_news(entry, planned_before)]
    for entry in renewed:
        change.outbox.plan(entry, change.at)
    if withdrawn or renewed:
        change.handle(1)  # five reminders are about as much work as a task


def reminders_of(task: Document) -> dict[UUID, OutboxEntry]:
    """Return the entries that a task has while it is to be done, by their ids; two at one instant are one."""
    if task["status"] == "done" or not task["reminders"]:
        return {}
    instants = {_instant_of(reminder, task["due_at"]) for reminder in task["reminders"]}
    content = {"title": task["title"], "due": task["due"], "due_at": task["due_at"]}
    entries = [
        OutboxEntry(task["user_id"], REMINDER, str(task["_id"]), at, content, occurrence_of(at))
        for at in instants
        if at is not None
    ]
    return {entry.entry_id: entry for entry in entries}


def _is_news(entry: OutboxEntry, planned_before: Mapping[UUID, OutboxEntry]) -> bool:
    known = planned_before.get(entry.entry_id)
    return known is None or known.content != entry.content


def _instant_of(reminder: Document, due_at: datetime | None) -> datetime | None:
    """Return when to remind; never, if it counts from a due time that there is not."""
    if "at" in reminder:
        at: datetime = reminder["at"]
        return at
    return None if due_at is None else due_at - timedelta(minutes=reminder["minutes_before"])
