import type { QuickAddPreview, TaskDraft } from "../../api/generated/taskfleet.schemas";
import type { Span } from "./spans";

/** The contract's number. */
const MAX_LABELS = 20;

/** What the service reads in a line. */
export interface Reading {
  /** The line, without the blanks at its end. */
  readonly line: string;
  readonly task: QuickAddPreview["task"];
  readonly spans: readonly Span[];
}

/**
 * Return the task of a line: what the line says, and for the rest what tasks of this view have.
 *
 * Where the line says a time and no day, the day of the view counts, unless that time has passed on it.
 */
export function draftOf({ task, spans }: Reading, defaults: Partial<TaskDraft>): TaskDraft {
  const says = (kind: Span["kind"]) => spans.some((span) => span.kind === kind);
  const labels = [...new Set([...(defaults.labels ?? []), ...task.labels])].slice(0, MAX_LABELS);
  return {
    ...defaults,
    title: task.title,
    ...(labels.length > 0 && { labels }),
    ...(says("list") && { list_id: task.list_id }),
    ...(says("priority") && { priority: task.priority }),
    ...(task.recurrence !== null && { recurrence: task.recurrence }),
    ...(task.due !== null && { due: says("time") && !says("date") ? dueOf(task, defaults) : task.due }),
  };
}

function dueOf({ due, recurrence }: Reading["task"], defaults: Partial<TaskDraft>): TaskDraft["due"] {
  const day = defaults.due?.date;
  // A repetition begins on the first of its days.
  return due !== null && recurrence === null && day !== undefined && day > due.date
    ? { ...due, date: day }
    : due;
}
