import type { TaskOut } from "../api/generated/taskfleet.schemas";

/** A task as the service answers it: to do, in the inbox, without a due date, unless told otherwise. */
export function taskOf(members: Partial<TaskOut> = {}): TaskOut {
  const id = members.id ?? "task-1";
  return {
    id,
    title: `Title of ${id}`,
    notes: "",
    status: "todo",
    priority: 0,
    due: null,
    due_at: null,
    recurrence: null,
    reminders: [],
    labels: [],
    list_id: null,
    parent_id: null,
    position: "a0",
    completed_at: null,
    created_at: "2026-11-01T08:00:00.000Z",
    updated_at: "2026-11-01T08:00:00.000Z",
    revision: 1,
    ...members,
  };
}
