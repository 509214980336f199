import { describe, expect, test } from "vitest";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { taskOf } from "../../testing/tasks";
import { describeDue } from "./due";

const DAY = { today: "2026-12-01", timezone: "UTC" };

/** A task that is due by the end of a day in UTC, or at a time. */
function dueOn(date: string, time: string | null = null): TaskOut {
  return taskOf({ due: { date, time, timezone: null }, due_at: `${date}T${time ?? "23:59"}:00.000Z` });
}

/** Spaces differ from one edition of the locale data to the next. */
function textOf(task: TaskOut, day = DAY, locale = "en-US"): string | undefined {
  return describeDue(task, day, locale)?.text.replaceAll(/\s/g, " ");
}

describe("a task with a due date", () => {
  test.each([
    ["2026-12-01", "today"],
    ["2026-12-02", "tomorrow"],
    ["2026-12-03", "Dec 3"],
    ["2026-11-30", "Nov 30"],
    ["2027-01-01", "Jan 1, 2027"],
    ["2025-12-01", "Dec 1, 2025"],
  ])("on %s is due “%s”", (date, text) => {
    expect(textOf(dueOn(date))).toBe(text);
  });

  test("names the time where it has one", () => {
    expect(textOf(dueOn("2026-12-01", "09:30"))).toBe("today, 9:30 AM");
    expect(textOf(dueOn("2026-12-24", "18:00"))).toBe("Dec 24, 6:00 PM");
  });

  test("names tomorrow over the end of a year", () => {
    expect(textOf(dueOn("2027-01-01"), { today: "2026-12-31", timezone: "UTC" })).toBe("tomorrow");
  });
});

describe("the words", () => {
  test.each([
    ["2026-12-01", "aujourd’hui"],
    ["2026-12-24", "24 déc."],
  ])("of %s are those of the reader's locale", (date, text) => {
    expect(textOf(dueOn(date), DAY, "fr-FR")).toBe(text);
  });

  test("tell the time as the reader's locale does", () => {
    expect(textOf(dueOn("2026-12-24", "18:00"), DAY, "en-GB")).toBe("24 Dec, 18:00");
  });
});

describe("day and time", () => {
  const task = dueOn("2026-12-01", "11:30");

  test.each([
    ["UTC", "today, 11:30 AM"],
    ["America/New_York", "today, 6:30 AM"],
    ["Pacific/Kiritimati", "tomorrow, 1:30 AM"],
  ])("are the reader's, in %s", (timezone, text) => {
    expect(textOf(task, { today: "2026-12-01", timezone })).toBe(text);
  });
});

describe("a task is overdue", () => {
  const NOON = Date.parse("2026-12-01T12:00:00Z");

  test.each([
    ["2026-11-30", null, true],
    ["2026-12-01", null, false],
    ["2026-12-02", null, false],
    ["2026-12-01", "11:59", true],
    ["2026-12-01", "12:01", false],
  ])("once its day or its time has passed: %s %s, %s", (date, time, isOverdue) => {
    expect(describeDue(dueOn(date, time), DAY, undefined, NOON)?.isOverdue).toBe(isOverdue);
  });
});

describe("a task without a due date", () => {
  test("says nothing", () => {
    expect(describeDue(taskOf(), DAY, undefined)).toBeUndefined();
  });
});
