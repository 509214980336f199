import { describe, expect, test } from "vitest";
import { describeAge } from "./age";

const NOW = new Date("2026-12-01T12:00:00Z");

describe("how long ago something was", () => {
  test.each([
    ["2026-12-01T11:59:30Z", "now"],
    ["2026-12-01T11:58:30Z", "1 minute ago"],
    ["2026-12-01T09:01:00Z", "2 hours ago"],
    ["2026-11-30T11:00:00Z", "yesterday"],
    ["2026-11-02T11:00:00Z", "29 days ago"],
    ["2026-12-01T12:00:09Z", "now"],
  ])("%s is %s", (instant, text) => {
    expect(describeAge(instant, NOW)).toBe(text);
  });
});
