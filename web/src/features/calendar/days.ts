import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { dayIn } from "../tasks/view";
import { addDays, daysBetween } from "./month";

/** The day on which a task is due where the user is. */
export function dayOf(task: TaskOut, timezone: string): string | undefined {
  return task.due_at === null ? undefined : dayIn(timezone, new Date(task.due_at));
}

/** The time at which a task is due where the user is, as `HH:MM`. */
export function timeOf(task: TaskOut, timezone: string): string | undefined {
  const { due, due_at } = task;
  if (!due?.time || due_at === null) {
    return undefined;
  }
  return (due.timezone ?? timezone) === timezone
    ? due.time
    : new Intl.DateTimeFormat("en-GB", { timeZone: timezone, timeStyle: "short" }).format(new Date(due_at));
}

/** Return the tasks of each day: those with a time first, by it. */
export function byDay(tasks: readonly TaskOut[], timezone: string): ReadonlyMap<string, readonly TaskOut[]> {
  const days = new Map<string, TaskOut[]>();
  for (const task of tasks) {
    const day = dayOf(task, timezone);
    if (day !== undefined) {
      days.set(day, [...(days.get(day) ?? []), task]);
    }
  }
  for (const [day, ofDay] of days) {
    // Behind every time of day stands "~", for those without one.
    const timed = ofDay.map((task) => ({ task, time: timeOf(task, timezone) ?? "~" }));
    timed.sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
    days.set(
      day,
      timed.map(({ task }) => task),
    );
  }
  return days;
}

/** Return what makes a task due on another day, at the same time; undefined where nothing changes. */
export function movingTo(day: string, task: TaskOut, timezone: string): TaskPatch | undefined {
  const present = dayOf(task, timezone);
  if (!task.due || present === undefined || present === day) {
    return undefined;
  }
  // Where the task has a time zone of its own, its date may be another one than the reader's.
  return { due: { date: addDays(task.due.date, daysBetween(present, day)) } };
}
