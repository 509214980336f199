import { describe, expect, test } from "vitest";
import { draftOf, type Reading } from "./reading";
import type { Span } from "./spans";

function readingOf(kinds: readonly Span["kind"][], task: Partial<Reading["task"]>): Reading {
  return {
    line: "",
    spans: kinds.map((kind, index) => ({ kind, start: index, end: index + 1 })),
    task: {
      title: "Tea",
      notes: "",
      status: "todo",
      priority: 0,
      due: null,
      recurrence: null,
      reminders: [],
      labels: [],
      list_id: null,
      parent_id: null,
      ...task,
    },
  };
}

const due = { date: "2026-12-01", time: "09:00", timezone: null };

describe("the task of a line", () => {
  test("has what the line says", () => {
    const recurrence = { rule: "FREQ=DAILY", from: "due" } as const;
    const reading = readingOf(["date", "priority", "list", "label", "recurrence"], {
      due,
      priority: 3,
      list_id: "work",
      labels: ["home"],
      recurrence,
    });
    expect(draftOf(reading, { list_id: "here", due: { date: "2026-11-01" } })).toEqual({
      title: "Tea",
      due,
      priority: 3,
      list_id: "work",
      labels: ["home"],
      recurrence,
    });
  });

  test("has for the rest what tasks of the view have", () => {
    const reading = readingOf(["priority"], { priority: 3 });
    expect(draftOf(reading, { list_id: "here", due: { date: "2026-11-01" }, labels: ["garden"] })).toEqual({
      title: "Tea",
      priority: 3,
      list_id: "here",
      due: { date: "2026-11-01" },
      labels: ["garden"],
    });
  });

  test("keeps the label of the view beside its own", () => {
    const reading = readingOf(["label"], { labels: ["home", "garden"] });
    expect(draftOf(reading, { labels: ["garden"] }).labels).toEqual(["garden", "home"]);
  });

  test("is due on the day of the view at the time of the line", () => {
    expect(draftOf(readingOf(["time"], { due }), { due: { date: "2026-12-24" } }).due).toEqual({
      ...due,
      date: "2026-12-24",
    });
  });

  test("is due when that time comes next, where it has passed on the day of the view", () => {
    expect(draftOf(readingOf(["time"], { due }), { due: { date: "2026-11-30" } }).due).toEqual(due);
  });

  test("begins a repetition on the first of its days", () => {
    const reading = readingOf(["recurrence", "time"], {
      due,
      recurrence: { rule: "FREQ=DAILY", from: "due" },
    });
    expect(draftOf(reading, { due: { date: "2026-12-24" } }).due).toEqual(due);
  });
});
