import type { ListTasksParams, TaskOut } from "../../api/generated/taskfleet.schemas";
import { containsWords } from "./search-text";

/** What a list shows. The address bar says it, the service selects by it, and the cache places changed tasks by it. */
export type TaskView =
  | { readonly kind: "today" | "upcoming" | "all" | "inbox" }
  | { readonly kind: "list"; readonly listId: string }
  | { readonly kind: "label"; readonly label: string }
  | { readonly kind: "subtasks"; readonly parentId: string }
  | { readonly kind: "search"; readonly text: string }
  | { readonly kind: "trash" };

const OPEN = ["todo", "in_progress"] as const;

/** Return the day after another, both as `YYYY-MM-DD`. */
export function dayAfter(day: string): string {
  return daysAfter(day, 1);
}

/** Return the day that comes so many days after another, both as `YYYY-MM-DD`. */
export function daysAfter(day: string, count: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
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
    case "subtasks":
      return { parent_id: view.parentId };
    case "search":
      // Newest first, because that order stays while results are edited and completed.
      return { q: view.text, sort: "-created" };
    case "trash":
      return { deleted: true, sort: "-updated" };
  }
}

/** Whether a view shows a task that is not in the trash; `timezone` is the user's, in which days begin. */
export function shows(view: TaskView, task: TaskOut, today: string, timezone: string): boolean {
  switch (view.kind) {
    case "subtasks":
      return task.parent_id === view.parentId;
    case "search":
      // What the service finds and a little more: it wants at least one word as a whole.
      return containsWords(task, view.text);
    case "trash":
      return false;
    default:
      return task.status !== "done" && showsOpen(view, task, today, timezone);
  }
}

type OpenView = Exclude<TaskView, { readonly kind: "subtasks" | "search" | "trash" }>;

function showsOpen(view: OpenView, task: TaskOut, today: string, timezone: string): boolean {
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

/** Whether the order of a view is the one that tasks are put in by hand. */
export function isOrderedByHand({ kind }: TaskView): boolean {
  return kind === "all" || kind === "inbox" || kind === "list" || kind === "label";
}

/** Compare two tasks in the order of a view, as the service sorts them: ties by id, text by its characters. */
export function compareIn(view: TaskView, one: TaskOut, other: TaskOut): number {
  switch (view.kind) {
    case "today":
    case "upcoming":
      return compareText(one.due_at ?? "", other.due_at ?? "") || compareText(one.id, other.id);
    case "search":
      return compareText(other.created_at, one.created_at) || compareText(other.id, one.id);
    case "trash":
      return compareText(other.updated_at, one.updated_at) || compareText(other.id, one.id);
    default:
      return compareText(one.position, other.position) || compareText(one.id, other.id);
  }
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
