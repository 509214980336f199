import type { ListTasksParams, TaskOut } from "../../api/generated/taskfleet.schemas";

/** What a list shows. The address bar says it, the service selects by it, and the cache places changed tasks by it. */
export type TaskView =
  | { readonly kind: "today" | "upcoming" | "all" | "inbox" }
  | { readonly kind: "list"; readonly listId: string }
  | { readonly kind: "label"; readonly label: string };

const OPEN = ["todo", "in_progress"] as const;

/** Return the day after another, both as `YYYY-MM-DD`. */
export function dayAfter(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
}

/** Return the day on which an instant falls in a time zone, as `YYYY-MM-DD`. */
export function dayIn(timezone: string, instant: Date): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: timezone, dateStyle: "short" }).format(instant);
}

/** Return an instant on a day in a time zone: enough to tell the day, until the service says when exactly. */
export function someInstantOn(day: string, timezone: string): string {
  const noon = new Date(`${day}T12:00:00Z`);
  const there = dayIn(timezone, noon);
  // Zones reach from 12 hours behind UTC to 14 ahead.
  noon.setUTCHours(there > day ? 0 : there < day ? 23 : 12);
  return noon.toISOString();
}

/** Return the query that selects what a view shows; `today` is the user's day. */
export function toQuery(view: TaskView, today: string): ListTasksParams {
  const open: ListTasksParams = { status: [...OPEN] };
  switch (view.kind) {
    case "today":
      return { ...open, due_before: dayAfter(today), sort: "due" };
    case "upcoming":
      return { ...open, due_after: dayAfter(today), sort: "due" };
    case "all":
      return open;
    case "inbox":
      return { ...open, list_id: "inbox" };
    case "list":
      return { ...open, list_id: view.listId };
    case "label":
      return { ...open, label: view.label };
  }
}

/** Whether a view shows a task; `timezone` is the user's, in which days begin. */
export function shows(view: TaskView, task: TaskOut, today: string, timezone: string): boolean {
  if (task.status === "done") {
    return false;
  }
  const day = task.due_at === null ? undefined : dayIn(timezone, new Date(task.due_at));
  switch (view.kind) {
    case "today":
      return day !== undefined && day <= today;
    case "upcoming":
      return day !== undefined && day > today;
    case "all":
      return true;
    case "inbox":
      return task.list_id === null;
    case "list":
      return task.list_id === view.listId;
    case "label":
      return task.labels.includes(view.label);
  }
}

/** Compare two tasks in the order of a view, as the service sorts them: ties by id, text by its characters. */
export function compareIn(view: TaskView, one: TaskOut, other: TaskOut): number {
  const byDue = view.kind === "today" || view.kind === "upcoming";
  const first = byDue
    ? compareText(one.due_at ?? "", other.due_at ?? "")
    : compareText(one.position, other.position);
  return first || compareText(one.id, other.id);
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
