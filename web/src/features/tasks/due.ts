import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeRecurrence } from "../recurrence/sentence";
import type { Day } from "./task-queries";
import { dayAfter, dayIn } from "./view";

/** A day and time as somebody chose them, in the words of the reader's locale. */
export function nameDue(
  { date, time, timezone }: NonNullable<TaskOut["due"]>,
  today: string,
  locale: string | undefined,
): string {
  return [nameDay(date, today, locale), time, timezone].filter(Boolean).join(", ");
}

/** When a task is due, in the words of the reader's locale, and whether that has passed while it was open. */
export function describeDue(
  task: TaskOut,
  { today, timezone }: Day,
  locale: string | undefined,
  now = Date.now(),
): { text: string; isOverdue: boolean } | undefined {
  if (task.due_at === null || !task.due) {
    return undefined;
  }
  const instant = new Date(task.due_at);
  const day = dayIn(timezone, instant);
  const time = task.due.time
    ? new Intl.DateTimeFormat(locale, { timeZone: timezone, timeStyle: "short" }).format(instant)
    : "";
  return {
    text: [nameDay(day, today, locale), time].filter(Boolean).join(", "),
    isOverdue: task.status !== "done" && instant.getTime() < now,
  };
}

/** A task in one line, for those who hear it. */
export function describeTask(task: TaskOut, day: Day, locale: string | undefined): string {
  const due = describeDue(task, day, locale);
  return [
    task.title,
    task.status === "done" ? en.details.statuses.done : "",
    due?.text ?? "",
    due?.isOverdue ? en.task.overdue : "",
    task.recurrence ? describeRecurrence(task.recurrence, locale) : "",
    task.priority > 0 ? en.task.priority(task.priority) : "",
  ]
    .filter(Boolean)
    .join(", ");
}

function nameDay(day: string, today: string, locale: string | undefined): string {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  if (day === today) {
    return relative.format(0, "day");
  }
  if (day === dayAfter(today)) {
    return relative.format(1, "day");
  }
  const isThisYear = day.slice(0, 4) === today.slice(0, 4);
  return new Intl.DateTimeFormat(locale, {
    timeZone: "UTC",
    day: "numeric",
    month: "short",
    ...(isThisYear ? {} : { year: "numeric" }),
  }).format(new Date(`${day}T12:00:00Z`));
}
