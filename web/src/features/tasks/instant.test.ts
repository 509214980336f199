import { describe, expect, test } from "vitest";
import { instantIn, instantOf } from "./instant";

describe("the instant of a local time", () => {
  test.each([
    ["UTC", "2026-12-01T09:30", "2026-12-01T09:30:00.000Z"],
    ["Europe/Paris", "2026-12-01T09:30", "2026-12-01T08:30:00.000Z"],
    ["Europe/Paris", "2026-07-01T09:30", "2026-07-01T07:30:00.000Z"],
    ["Asia/Kathmandu", "2026-12-01T00:15", "2026-11-30T18:30:00.000Z"],
    ["Pacific/Kiritimati", "2026-12-01T09:30", "2026-11-30T19:30:00.000Z"],
    ["Pacific/Pago_Pago", "2026-12-01T23:30", "2026-12-02T10:30:00.000Z"],
  ])("in %s at %s is %s", (timezone, local, instant) => {
    expect(instantIn(timezone, local).toISOString()).toBe(instant);
  });

  test.each([
    ["an hour before the clocks go forward", "2026-03-29T01:30", "2026-03-29T00:30:00.000Z"],
    ["just after they went forward", "2026-03-29T03:00", "2026-03-29T01:00:00.000Z"],
    ["a time that they skip, by the offset before", "2026-03-29T02:30", "2026-03-29T01:30:00.000Z"],
    ["the first of two times as they go back", "2026-10-25T02:30", "2026-10-25T00:30:00.000Z"],
    ["after both of them", "2026-10-25T03:00", "2026-10-25T02:00:00.000Z"],
  ])("in Paris is right for %s", (_what, local, instant) => {
    expect(instantIn("Europe/Paris", local).toISOString()).toBe(instant);
  });
});

describe("the instant that a due date means", () => {
  test.each([
    ["in the user's zone", { date: "2026-12-01", time: "09:30" }, "Europe/Paris", "2026-12-01T08:30:00.000Z"],
    [
      "in its own",
      { date: "2026-12-01", time: "09:30", timezone: "America/New_York" },
      "Europe/Paris",
      "2026-12-01T14:30:00.000Z",
    ],
    ["at the end of its day", { date: "2026-12-01" }, "Asia/Tokyo", "2026-12-01T14:59:59.000Z"],
    [
      "far ahead of UTC",
      { date: "2026-12-01", time: "09:30" },
      "Pacific/Kiritimati",
      "2026-11-30T19:30:00.000Z",
    ],
    [
      "just after clocks went forward",
      { date: "2026-03-29", time: "03:30" },
      "Europe/Paris",
      "2026-03-29T01:30:00.000Z",
    ],
    ["just before that", { date: "2026-03-29", time: "01:30" }, "Europe/Paris", "2026-03-29T00:30:00.000Z"],
    [
      "in the user's zone where its own is unknown here",
      { date: "2026-12-01", time: "09:30", timezone: "Mars/Olympus" },
      "Europe/Paris",
      "2026-12-01T08:30:00.000Z",
    ],
  ])("is %s", (_how, due, timezone, instant) => {
    expect(instantOf(due, timezone)).toBe(instant);
  });

  test.each(["", "2026-02-30x", "20261-01-01"])("is none for a day that there is not: “%s”", (date) => {
    expect(instantOf({ date }, "UTC")).toBeNull();
  });
});
