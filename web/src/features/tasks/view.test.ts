import { describe, expect, test } from "vitest";
import type { ListTasksParams, TaskOut, TaskOutStatus } from "../../api/generated/taskfleet.schemas";
import { taskOf } from "../../testing/tasks";
import { compareIn, dayAfter, dayIn, STATUSES, shows, type TaskView, toQuery } from "./view";

/** A day of a user, with the instants at which it and the next one begin, as almanacs tell them. */
interface UserDay {
  readonly timezone: string;
  readonly today: string;
  readonly tomorrow: string;
  readonly begins: string;
  readonly ends: string;
}

const DAYS: readonly UserDay[] = [
  {
    timezone: "UTC",
    today: "2026-12-31",
    tomorrow: "2027-01-01",
    begins: "2026-12-31T00:00:00.000Z",
    ends: "2027-01-01T00:00:00.000Z",
  },
  {
    timezone: "Pacific/Kiritimati", // 14 hours ahead
    today: "2026-12-01",
    tomorrow: "2026-12-02",
    begins: "2026-11-30T10:00:00.000Z",
    ends: "2026-12-01T10:00:00.000Z",
  },
  {
    timezone: "Asia/Kathmandu", // 5 hours 45 minutes ahead
    today: "2026-12-01",
    tomorrow: "2026-12-02",
    begins: "2026-11-30T18:15:00.000Z",
    ends: "2026-12-01T18:15:00.000Z",
  },
  {
    timezone: "America/New_York",
    today: "2026-11-30",
    tomorrow: "2026-12-01",
    begins: "2026-11-30T05:00:00.000Z",
    ends: "2026-12-01T05:00:00.000Z",
  },
  {
    timezone: "America/New_York", // summer time begins: 23 hours
    today: "2026-03-08",
    tomorrow: "2026-03-09",
    begins: "2026-03-08T05:00:00.000Z",
    ends: "2026-03-09T04:00:00.000Z",
  },
  {
    timezone: "America/New_York", // summer time ends: 25 hours
    today: "2026-11-01",
    tomorrow: "2026-11-02",
    begins: "2026-11-01T04:00:00.000Z",
    ends: "2026-11-02T05:00:00.000Z",
  },
  {
    timezone: "America/Sao_Paulo", // summer time began at midnight: the day began at one o'clock
    today: "2018-11-04",
    tomorrow: "2018-11-05",
    begins: "2018-11-04T03:00:00.000Z",
    ends: "2018-11-05T02:00:00.000Z",
  },
];

const VIEWS: readonly TaskView[] = [
  { kind: "today" },
  { kind: "upcoming" },
  { kind: "all" },
  { kind: "inbox" },
  { kind: "list", listId: "list-a" },
  { kind: "label", label: "home" },
  { kind: "column", status: "todo", of: { kind: "all" } },
  { kind: "column", status: "in_progress", of: { kind: "inbox" } },
  { kind: "column", status: "done", of: { kind: "all" } },
  { kind: "column", status: "done", of: { kind: "list", listId: "list-a" } },
];

/** The views that name days of their own. */
function calendarsOn({ today, tomorrow }: UserDay): readonly TaskView[] {
  return [
    { kind: "calendar", first: today, last: today },
    { kind: "calendar", first: today, last: tomorrow },
  ];
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

function shifted(instant: string, milliseconds: number): string {
  return new Date(Date.parse(instant) + milliseconds).toISOString();
}

/** Tasks on both sides of everything by which a view can select. */
function tasksAround(day: UserDay): TaskOut[] {
  const dues = [
    null,
    shifted(day.begins, -400 * DAY_MS),
    shifted(day.begins, -SECOND_MS),
    day.begins,
    shifted(day.begins, 9 * 3_600_000),
    shifted(day.ends, -SECOND_MS),
    day.ends,
    shifted(day.ends, DAY_MS - SECOND_MS),
    shifted(day.ends, DAY_MS),
    shifted(day.ends, 400 * DAY_MS),
  ];
  const statuses: TaskOutStatus[] = ["todo", "in_progress", "done"];
  return dues.flatMap((due_at) =>
    statuses.flatMap((status) =>
      [null, "list-a", "list-b"].flatMap((list_id) =>
        [[], ["home"], ["Home", "homework"]].map((labels) => taskOf({ due_at, status, list_id, labels })),
      ),
    ),
  );
}

/** Whether the service would select a task: its contract in short, for the parameters that views use. */
function selects(query: ListTasksParams, task: TaskOut, day: UserDay): boolean {
  const { status, due_before, due_after, list_id, label, sort: _sort, ...others } = query;
  expect(others, "a parameter that this stand-in does not know").toEqual({});
  const isBefore = (bound: string) => task.due_at !== null && task.due_at < beginningOf(bound, day);
  return (
    (status === undefined || status.includes(task.status)) &&
    (due_before == null || isBefore(due_before)) &&
    (due_after == null || (task.due_at !== null && !isBefore(due_after))) &&
    (list_id == null || task.list_id === (list_id === "inbox" ? null : list_id)) &&
    (label == null || task.labels.includes(label))
  );
}

function beginningOf(bound: string, day: UserDay): string {
  const beginning = {
    [day.today]: day.begins,
    [day.tomorrow]: day.ends,
    // Nowhere does the clock change on the day that follows.
    [dayAfter(day.tomorrow)]: shifted(day.ends, DAY_MS),
  }[bound];
  if (beginning === undefined) {
    throw new Error(`No view should ask for ${bound}.`);
  }
  return beginning;
}

describe.each(DAYS)("on $today in $timezone", (day) => {
  test.each([...VIEWS, ...calendarsOn(day)])(
    "what the view $kind shows is what its query selects",
    (view) => {
      const query = toQuery(view, day.today);
      const tasks = tasksAround(day);
      const shown = tasks.filter((task) => shows(view, task, day.today, day.timezone));
      expect(shown).toEqual(tasks.filter((task) => selects(query, task, day)));
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.length).toBeLessThan(tasks.length);
    },
  );

  test("a view of the day before would show something else", () => {
    const view: TaskView = { kind: "today" };
    const dayBefore = dayIn("UTC", new Date(Date.parse(`${day.today}T00:00:00Z`) - DAY_MS));
    const tasks = tasksAround(day);
    const query = toQuery(view, day.today);
    expect(tasks.filter((task) => shows(view, task, dayBefore, day.timezone))).not.toEqual(
      tasks.filter((task) => selects(query, task, day)),
    );
  });

  test("it is that day from its first to its last second", () => {
    const dayAt = (instant: string) => dayIn(day.timezone, new Date(instant));
    expect(dayAt(shifted(day.begins, -1))).not.toBe(day.today);
    expect(dayAt(day.begins)).toBe(day.today);
    expect(dayAt(shifted(day.ends, -1))).toBe(day.today);
    expect(dayAt(day.ends)).toBe(day.tomorrow);
  });
});

describe("today and upcoming", () => {
  test.each(DAYS)("share out what is open and due, $today in $timezone", (day) => {
    for (const task of tasksAround(day)) {
      const views = VIEWS.slice(0, 2).filter((view) => shows(view, task, day.today, day.timezone));
      expect(views).toHaveLength(task.due_at !== null && task.status !== "done" ? 1 : 0);
    }
  });

  test("the same task is due today here and tomorrow there", () => {
    const task = taskOf({ due_at: "2026-12-01T11:00:00.000Z" });
    expect(shows({ kind: "today" }, task, "2026-12-01", "America/New_York")).toBe(true);
    expect(shows({ kind: "today" }, task, "2026-12-01", "Pacific/Kiritimati")).toBe(false);
  });
});

describe("the view of a task's sub-tasks", () => {
  const view: TaskView = { kind: "subtasks", parentId: "parent" };

  test("shows them whether they are done or not, and no others", () => {
    const tasks = [
      taskOf({ id: "a", parent_id: "parent" }),
      taskOf({ id: "b", parent_id: "parent", status: "done" }),
      taskOf({ id: "c", parent_id: "other" }),
      taskOf({ id: "parent" }),
    ];
    const shown = tasks.filter((task) => shows(view, task, "2026-12-01", "UTC"));
    expect(shown.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(toQuery(view, "2026-12-01")).toEqual({ parent_id: "parent", status: STATUSES, sort: "position" });
  });
});

describe("a search", () => {
  const view: TaskView = { kind: "search", text: "oat milk" };

  test("shows what contains its words, done or not", () => {
    const tasks = [
      taskOf({ id: "a", title: "Milk of oats" }),
      taskOf({ id: "b", title: "Milk", notes: "oat", status: "done" }),
      taskOf({ id: "c", title: "Milk" }),
    ];
    const shown = tasks.filter((task) => shows(view, task, "2026-12-01", "UTC"));
    expect(shown.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("is asked for and sorted from the newest to the oldest, so that no change moves a result", () => {
    const tasks = [
      taskOf({ id: "a", created_at: "2026-11-01T08:00:00.000Z", updated_at: "2026-11-09T08:00:00.000Z" }),
      taskOf({ id: "b", created_at: "2026-11-02T08:00:00.000Z" }),
      taskOf({ id: "c", created_at: "2026-11-02T08:00:00.000Z" }),
    ];
    expect(toQuery(view, "2026-12-01")).toEqual({ q: "oat milk", status: STATUSES, sort: "-created" });
    const sorted = tasks.toSorted((one, other) => compareIn(view, one, other));
    expect(sorted.map(({ id }) => id)).toEqual(["c", "b", "a"]);
  });
});

describe("the trash", () => {
  const view: TaskView = { kind: "trash" };

  test("shows no task that is told of, because such a task is not in it", () => {
    expect(shows(view, taskOf(), "2026-12-01", "UTC")).toBe(false);
    expect(toQuery(view, "2026-12-01")).toEqual({ deleted: true, status: STATUSES, sort: "-updated" });
  });

  test("begins with what was deleted last", () => {
    const tasks = [
      taskOf({ id: "a", updated_at: "2026-11-01T08:00:00.000Z" }),
      taskOf({ id: "b", updated_at: "2026-11-02T08:00:00.000Z" }),
      taskOf({ id: "c", updated_at: "2026-11-02T08:00:00.000Z" }),
    ];
    const sorted = tasks.toSorted((one, other) => compareIn(view, one, other));
    expect(sorted.map(({ id }) => id)).toEqual(["c", "b", "a"]);
  });
});

describe("the day after", () => {
  test.each([
    ["2026-11-30", "2026-12-01"],
    ["2026-12-31", "2027-01-01"],
    ["2026-02-28", "2026-03-01"],
    ["2028-02-28", "2028-02-29"],
    ["2026-03-08", "2026-03-09"],
    ["9998-12-31", "9999-01-01"],
  ])("%s is %s", (day, next) => {
    expect(dayAfter(day)).toBe(next);
  });
});

describe("the order of a view", () => {
  const calendar: TaskView = { kind: "calendar", first: "2026-12-01", last: "2026-12-31" };
  const byDue = [...VIEWS.filter(({ kind }) => kind === "today" || kind === "upcoming"), calendar];
  const byUpdate = VIEWS.filter((view) => view.kind === "column" && view.status === "done");
  const byPosition = VIEWS.filter((view) => !byDue.includes(view) && !byUpdate.includes(view));

  function idsInOrder(view: TaskView, tasks: readonly TaskOut[]): string[] {
    return tasks.toSorted((one, other) => compareIn(view, one, other)).map(({ id }) => id);
  }

  test.each(byDue)("$kind is asked for and sorted by due date, ties by id", (view) => {
    const tasks = [
      taskOf({ id: "d", due_at: "2026-12-02T08:00:00.000Z", position: "a0" }),
      taskOf({ id: "c", due_at: "2026-12-01T08:00:00.000Z", position: "a9" }),
      taskOf({ id: "a", due_at: "2026-12-01T08:00:00.001Z", position: "a0" }),
      taskOf({ id: "b", due_at: "2026-12-01T08:00:00.000Z", position: "a1" }),
    ];
    expect(toQuery(view, "2026-12-01").sort).toBe("due");
    expect(idsInOrder(view, tasks)).toEqual(["b", "c", "a", "d"]);
    expect(idsInOrder(view, tasks.toReversed())).toEqual(["b", "c", "a", "d"]);
  });

  test.each(byPosition)("$kind is asked for and sorted by position, ties by id", (view) => {
    const tasks = [
      taskOf({ id: "d", position: "a0" }),
      taskOf({ id: "a", position: "a1" }),
      taskOf({ id: "c", position: "a0" }),
      taskOf({ id: "b", position: "a0V", due_at: "2026-12-01T08:00:00.000Z" }),
    ];
    expect(toQuery(view, "2026-12-01").sort).toBe("position");
    expect(idsInOrder(view, tasks)).toEqual(["c", "d", "b", "a"]);
    expect(idsInOrder(view, tasks.toReversed())).toEqual(["c", "d", "b", "a"]);
  });

  describe.each(byUpdate)("of what is done", (view) => {
    const completed_at = "2026-12-01T07:00:00.000Z";

    test("is asked for and sorted by the last change, newest first, ties by id", () => {
      const tasks = [
        taskOf({ id: "d", completed_at, updated_at: "2026-12-01T08:00:00.000Z", position: "a0" }),
        taskOf({ id: "a", completed_at, updated_at: "2026-12-02T08:00:00.000Z", position: "a9" }),
        taskOf({ id: "c", completed_at, updated_at: "2026-12-01T08:00:00.001Z", position: "a0" }),
        taskOf({ id: "b", completed_at, updated_at: "2026-12-01T08:00:00.000Z", position: "a1" }),
      ];
      expect(toQuery(view, "2026-12-01").sort).toBe("-updated");
      expect(idsInOrder(view, tasks)).toEqual(["a", "c", "d", "b"]);
      expect(idsInOrder(view, tasks.toReversed())).toEqual(["a", "c", "d", "b"]);
    });

    test("begins with what the service has not yet said to be done, however old it is", () => {
      const tasks = [
        taskOf({ id: "said", completed_at, updated_at: "2026-12-02T08:00:00.000Z" }),
        taskOf({ id: "not said", updated_at: "2026-01-01T08:00:00.000Z" }),
      ];
      expect(idsInOrder(view, tasks)).toEqual(["not said", "said"]);
    });
  });

  test("positions are compared by their characters, not as a dictionary has words", () => {
    const tasks = [
      taskOf({ id: "1", position: "a0v" }),
      taskOf({ id: "2", position: "a0" }),
      taskOf({ id: "3", position: "a0V" }),
      taskOf({ id: "4", position: "Zz" }),
      taskOf({ id: "5", position: "b00" }),
    ];
    expect(idsInOrder({ kind: "all" }, tasks)).toEqual(["4", "2", "3", "1", "5"]);
    // A dictionary puts Zz last and v ahead of V.
    const asWords = tasks.toSorted((one, other) => one.position.localeCompare(other.position, "en"));
    expect(asWords.map(({ id }) => id)).not.toEqual(["4", "2", "3", "1", "5"]);
  });

  test.each([...VIEWS, calendar])("$kind puts a task neither ahead of nor behind itself", (view) => {
    const task = taskOf({ due_at: "2026-12-01T08:00:00.000Z" });
    expect(compareIn(view, task, { ...task, title: "Another title" })).toBe(0);
  });
});
