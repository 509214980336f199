import { expect, test } from "vitest";
import { isQuiet } from "./quiet-hours";

const NIGHT = { start: "22:00", end: "07:00" };
const NOON = { start: "12:00", end: "13:30" };

test.each([
  ["a night from its start", NIGHT, "2026-12-01T22:00:00Z", "UTC", true],
  ["a night after midnight", NIGHT, "2026-12-01T00:00:00Z", "UTC", true],
  ["a night until just before its end", NIGHT, "2026-12-01T06:59:59Z", "UTC", true],
  ["no night at its end", NIGHT, "2026-12-01T07:00:00Z", "UTC", false],
  ["no night before it", NIGHT, "2026-12-01T21:59:59Z", "UTC", false],
  ["a night of the user's zone", NIGHT, "2026-12-01T11:00:00Z", "America/Los_Angeles", true],
  ["no night of another zone", NIGHT, "2026-12-01T23:00:00Z", "America/Los_Angeles", false],
  ["a part of a day", NOON, "2026-12-01T13:29:00Z", "UTC", true],
  ["not the rest of it", NOON, "2026-12-01T13:30:00Z", "UTC", false],
  ["never without quiet hours", null, "2026-12-01T23:00:00Z", "UTC", false],
])("quiet is %s", (_, hours, instant, timezone, isOne) => {
  expect(isQuiet(hours, new Date(instant), timezone)).toBe(isOne);
});
