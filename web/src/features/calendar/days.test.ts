import { describe, expect, test } from "vitest";
import { taskOf } from "../../testing/tasks";
import { byDay, movingTo, timeOf } from "./days";

const PARIS = "Europe/Paris";

describe("the tasks of a day", () => {
  test("are those with a time first, by it, in the order of the list otherwise", () => {
    const due_at = "2026-12-01T22:59:59.000Z";
    const tasks = [
      taskOf({ id: "whole day", due: { date: "2026-12-01" }, due_at }),
      taskOf({ id: "late", due: { date: "2026-12-01", time: "18:00" }, due_at: "2026-12-01T17:00:00.000Z" }),
      // Not saved yet: nobody knows the instant exactly.
      taskOf({ id: "early", due: { date: "2026-12-01", time: "09:30" }, due_at: "2026-12-01T12:00:00.000Z" }),
      taskOf({ id: "whole day too", due: { date: "2026-12-01" }, due_at }),
      taskOf({ id: "next day", due: { date: "2026-12-02" }, due_at: "2026-12-02T22:59:59.000Z" }),
      taskOf({ id: "no day" }),
    ];
    const days = byDay(tasks, PARIS);
    expect([...days.keys()].toSorted()).toEqual(["2026-12-01", "2026-12-02"]);
    expect(days.get("2026-12-01")?.map(({ id }) => id)).toEqual([
      "early",
      "late",
      "whole day",
      "whole day too",
    ]);
  });
});

describe("a task with a time zone of its own", () => {
  // Half past eight in the evening in New York is two o'clock of the next day in Paris.
  const task = taskOf({
    due: { date: "2026-12-01", time: "20:30", timezone: "America/New_York" },
    due_at: "2026-12-02T01:30:00.000Z",
  });

  test("is shown on the day and at the time that it is here", () => {
    expect([...byDay([task], PARIS).keys()]).toEqual(["2026-12-02"]);
    expect(timeOf(task, PARIS)).toBe("02:30");
  });

  test("moves by as many days as it is dragged", () => {
    expect(movingTo("2026-12-05", task, PARIS)).toEqual({ due: { date: "2026-12-04" } });
    expect(movingTo("2026-11-30", task, PARIS)).toEqual({ due: { date: "2026-11-29" } });
  });

  test("stays when it is dropped on the day that it is shown on", () => {
    expect(movingTo("2026-12-02", task, PARIS)).toBeUndefined();
  });
});

describe("a task that is dragged to another day", () => {
  test("changes its date and nothing else", () => {
    const task = taskOf({ due: { date: "2026-12-01", time: "09:30" }, due_at: "2026-12-01T08:30:00.000Z" });
    expect(movingTo("2027-01-03", task, PARIS)).toEqual({ due: { date: "2027-01-03" } });
  });

  test("has to be due at all", () => {
    expect(movingTo("2027-01-03", taskOf(), PARIS)).toBeUndefined();
  });
});
