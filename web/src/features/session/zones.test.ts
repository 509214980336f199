import { describe, expect, test } from "vitest";
import { clocksDiffer, nameOfZone } from "./zones";

const SUMMER = new Date("2026-07-01T12:00:00Z");
const WINTER = new Date("2026-12-01T12:00:00Z");

describe("the clocks of two zones", () => {
  test.each([
    ["Europe/Paris", "America/New_York", true],
    ["Europe/Paris", "Europe/Berlin", false],
    ["Asia/Calcutta", "Asia/Kolkata", false],
    ["UTC", "Africa/Abidjan", false],
  ])("of %s and %s differ: %s", (one, other, differ) => {
    expect(clocksDiffer(one, other, WINTER)).toBe(differ);
  });

  test.each([SUMMER, WINTER])("differ at %s even where they agree for a part of the year", (now) => {
    expect(clocksDiffer("UTC", "Europe/London", now)).toBe(true);
    expect(clocksDiffer("America/Phoenix", "America/Denver", now)).toBe(true);
  });
});

test("a zone's name is written as people write it", () => {
  expect(nameOfZone("America/New_York")).toBe("America/New York");
});
