import type { ListTasksParams, TaskOut, TaskOutStatus } from "../../api/generated/taskfleet.schemas";
import { containsWords } from "./search-text";

/** Where tasks lie. */
export type TaskPlace =
  | { readonly kind: "all" | "inbox" }
  | { readonly kind: "list"; readonly listId: string };

/** What a list shows. The address bar says it, the service selects by it, and the cache places changed tasks by it. */
export type TaskView =
  | { readonly kind: "today" | "upcoming" }
  | TaskPlace
  | { readonly kind: "label"; readonly label: string }
  /** A column of a board. */
  | { readonly kind: "column"; readonly status: TaskOutStatus; readonly of: TaskPlace }
  /** What is due from one day to another, done or not. */
  | { readonly kind: "calendar"; readonly first: string; readonly last: string }
  | { readonly kind: "subtasks"; readonly parentId: string }
  | { readonly kind: "search"; readonly text: string }
  | { readonly kind: "trash" };

/** Every status, in the order in which work goes through them. */
export const STATUSES: readonly TaskOutStatus[] = ["todo", "in_progress", "done"];
const OPEN: readonly TaskOutStatus[] = ["todo", "in_progress"];

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

/** One for each zone: making one takes longer than all that is done with it. */
const dayFormats = new Map<string, Intl.DateTimeFormat>();

/** Return the day on which an instant falls in a time zone, as `YYYY-MM-DD`. */
export function dayIn(timezone: string, instant: Date): string {
  let format = dayFormats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA", { timeZone: timezone, dateStyle: "short" });
    dayFormats.set(timezone, format);
  }
  return format.format(instant);
}

/** Return the query that selects what a view shows; `today` is the user's day. */
export function toQuery(view: TaskView, today: string): ListTasksParams {
  return { status: [...statusesIn(view)], ...selectionOf(view, today), sort: orderOf(view) };
}

function selectionOf(view: TaskView, today: string): ListTasksParams {
  switch (view.kind) {
    case "today":
      return { due_before: dayAfter(today) };
    case "upcoming":
      return { due_after: dayAfter(today) };
    case "all":
      return {};
    case "inbox":
      return { list_id: "inbox" };
    case "list":
      return { list_id: view.listId };
    case "label":
      return { label: view.label };
    case "column":
      return selectionOf(view.of, today);
    case "calendar":
      return { due_after: view.first, due_before: dayAfter(view.last) };
    case "subtasks":
      return { parent_id: view.parentId };
    case "search":
      return { q: view.text };
    case "trash":
      return { deleted: true };
  }
}

/** Whether a view shows a task that is not in the trash; `timezone` is the user's, in which days begin. */
export function shows(view: TaskView, task: TaskOut, today: string, timezone: string): boolean {
  return statusesIn(view).includes(task.status) && selects(view, task, today, timezone);
}

function selects(view: TaskView, task: TaskOut, today: string, timezone: string): boolean {
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
    case "column":
      return selects(view.of, task, today, timezone);
    case "calendar":
      return day !== undefined && day >= view.first && day <= view.last;
    case "subtasks":
      return task.parent_id === view.parentId;
    case "search":
      // What the service finds and a little more: it wants at least one word as a whole.
      return containsWords(task, view.text);
    case "trash":
      return false;
  }
}

function statusesIn(view: TaskView): readonly TaskOutStatus[] {
  switch (view.kind) {
    case "column":
      return [view.status];
    case "calendar":
    case "subtasks":
    case "search":
    case "trash":
      return STATUSES;
    default:
      return OPEN;
  }
}

function orderOf(view: TaskView): "due" | "position" | "-created" | "-updated" {
  switch (view.kind) {
    case "today":
    case "upcoming":
    case "calendar":
      return "due";
    case "column":
      // What is done has no order of its own; the latest is what one looks for.
      return view.status === "done" ? "-updated" : "position";
    case "search":
      // Newest first: that order stays while results are edited and completed.
      return "-created";
    case "trash":
      return "-updated";
    default:
      return "position";
  }
}

/** Whether the order of a view is the one that tasks are put in by hand. */
export function isOrderedByHand({ kind }: TaskView): boolean {
  return kind === "all" || kind === "inbox" || kind === "list" || kind === "label";
}

/** Compare two tasks in the order of a view, as the service sorts them: ties by id, text by its characters. */
export function compareIn(view: TaskView, one: TaskOut, other: TaskOut): number {
  switch (orderOf(view)) {
    case "due":
      return compareText(one.due_at ?? "", other.due_at ?? "") || compareText(one.id, other.id);
    case "position":
      return compareText(one.position, other.position) || compareText(one.id, other.id);
    case "-created":
      return compareText(other.created_at, one.created_at) || compareText(other.id, one.id);
    case "-updated":
      return compareText(updateOf(view, other), updateOf(view, one)) || compareText(other.id, one.id);
  }
}

/** When a task was changed last; in a column of done ones text behind every instant until the service has said so. */
function updateOf({ kind }: TaskView, task: TaskOut): string {
  return kind === "column" && task.completed_at === null ? "~" : task.updated_at;
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
