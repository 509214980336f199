import { describe, expect, test } from "vitest";
import { taskOf } from "../../testing/tasks";
import { dateHeadings } from "./date-groups";
import type { TaskView } from "./view";

const DAY = { today: "2026-12-01", timezone: "Europe/Paris" };

function headingsOf(kind: "today" | "upcoming" | "all", ...dues: (string | null)[]) {
  const tasks = dues.map((due_at, index) => taskOf({ id: String(index), due_at }));
  const view: TaskView = { kind };
  return [...dateHeadings(tasks, view, DAY, "en-GB")];
}

describe("the headings of a list by date", () => {
  test("part what is overdue from what is due today", () => {
    expect(
      headingsOf(
        "today",
        "2026-11-01T08:00:00Z",
        "2026-11-30T22:59:59Z",
        "2026-11-30T23:00:00Z",
        "2026-12-01T22:59:59Z",
      ),
    ).toEqual([
      ["0", "Overdue"],
      ["2", "Today"],
    ]);
  });

  test("are left out where everything is due today, and kept where everything is overdue", () => {
    expect(headingsOf("today", "2026-12-01T08:00:00Z", "2026-12-01T09:00:00Z")).toEqual([]);
    expect(headingsOf("today", "2026-11-01T08:00:00Z")).toEqual([["0", "Overdue"]]);
    expect(headingsOf("today")).toEqual([]);
  });

  test("name each day to come, in the user's zone", () => {
    expect(
      headingsOf(
        "upcoming",
        "2026-12-01T23:30:00Z",
        "2026-12-02T08:00:00Z",
        "2026-12-05T08:00:00Z",
        "2027-01-01T08:00:00Z",
      ),
    ).toEqual([
      ["0", "Tomorrow"],
      ["2", "Saturday 5 December"],
      ["3", "Friday, 1 January 2027"],
    ]);
  });

  test("are none where the order is another one", () => {
    expect(headingsOf("all", "2026-11-01T08:00:00Z", null)).toEqual([]);
  });
});
