import { expect, test } from "vitest";
import { describePast } from "./past";

const NOW = new Date("2026-12-01T12:00:00Z");

test.each([
  ["2026-12-01T12:00:30Z", "this minute"],
  ["2026-12-01T11:59:01Z", "this minute"],
  ["2026-12-01T11:58:59Z", "1 minute ago"],
  ["2026-12-01T11:00:00Z", "1 hour ago"],
  ["2026-11-30T12:00:01Z", "23 hours ago"],
  ["2026-11-30T12:00:00Z", "yesterday"],
  ["2026-11-01T12:00:00Z", "30 days ago"],
])("%s was %s", (instant, text) => {
  expect(describePast(new Date(instant), NOW, "en-GB")).toBe(text);
});
