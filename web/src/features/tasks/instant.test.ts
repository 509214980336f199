import { describe, expect, test } from "vitest";
import { instantIn } from "./instant";

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
