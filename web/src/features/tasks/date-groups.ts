import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import type { Day } from "./task-queries";
import { dayAfter, dayIn, type TaskView } from "./view";

/** The headings of a list that is ordered by date, by the id of the first task below each. */
export type Headings = ReadonlyMap<string, string>;

/** Return where the days begin in a view: in Today what is overdue and what is not, in Upcoming each day. */
export function dateHeadings(
  tasks: readonly TaskOut[],
  view: TaskView,
  day: Day,
  locale: string | undefined,
): Headings {
  const headings = new Map<string, string>();
  if (view.kind !== "today" && view.kind !== "upcoming") {
    return headings;
  }
  let previous: string | undefined;
  for (const task of tasks) {
    const name = groupOf(task, day, locale);
    if (name !== previous) {
      headings.set(task.id, name);
    }
    previous = name;
  }
  // Under the title Today, what is only due today needs no other.
  const isToldByTitle = view.kind === "today" && [...headings.values()].join() === en.views.today;
  return isToldByTitle ? new Map() : headings;
}

function groupOf(task: TaskOut, { today, timezone }: Day, locale: string | undefined): string {
  const day = task.due_at === null ? today : dayIn(timezone, new Date(task.due_at));
  if (day < today) {
    return en.list.overdue;
  }
  if (day === today) {
    return en.views.today;
  }
  if (day === dayAfter(today)) {
    return en.list.tomorrow;
  }
  const isThisYear = day.slice(0, 4) === today.slice(0, 4);
  return new Intl.DateTimeFormat(locale, {
    timeZone: "UTC",
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(isThisYear ? {} : { year: "numeric" }),
  }).format(new Date(`${day}T12:00:00Z`));
}
