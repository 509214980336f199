import { describe, expect, test } from "vitest";
import { addDays, addMonths, daysBetween, firstDayOfWeek, weeksOf } from "./month";

const MONDAY = 1;
const SATURDAY = 6;
const SUNDAY = 7;

describe("the weeks of a month", () => {
  test.each([
    ["2026-12", MONDAY, "2026-11-30", "2027-01-03", 5],
    ["2026-12", SUNDAY, "2026-11-29", "2027-01-02", 5],
    ["2026-12", SATURDAY, "2026-11-28", "2027-01-01", 5],
    ["2027-02", MONDAY, "2027-02-01", "2027-02-28", 4], // begins and ends with the week
    ["2027-01", MONDAY, "2026-12-28", "2027-01-31", 5],
    ["2026-08", MONDAY, "2026-07-27", "2026-09-06", 6],
    ["2028-02", SUNDAY, "2028-01-30", "2028-03-04", 5], // with a day more
  ])("of %s, where a week begins with day %i, are from %s to %s", (month, firstDay, first, last, count) => {
    const weeks = weeksOf(month, firstDay);
    const days = weeks.flat();
    expect(days[0]).toBe(first);
    expect(days.at(-1)).toBe(last);
    expect(weeks).toHaveLength(count);
    expect(days).toEqual(days.map((_, index) => addDays(first, index)));
    expect(new Set(weeks.map(({ length }) => length))).toEqual(new Set([7]));
  });

  test("begin where the month is with every first day of the week", () => {
    for (let firstDay = MONDAY; firstDay <= SUNDAY; firstDay += 1) {
      expect(weeksOf("2026-12", firstDay)[0]).toContain("2026-12-01");
      expect(weeksOf("2026-12", firstDay).at(-1)).toContain("2026-12-31");
    }
  });
});

describe("a week begins", () => {
  test.each([
    ["en-GB", MONDAY],
    ["de", MONDAY],
    ["en-US", SUNDAY],
    ["ar-EG", SATURDAY],
  ])("in %s with day %i", (locale, day) => {
    expect(firstDayOfWeek(locale)).toBe(day);
  });
});

describe("months and days", () => {
  test.each([
    ["2026-12", 1, "2027-01"],
    ["2026-01", -1, "2025-12"],
    ["2026-11", 14, "2028-01"],
  ])("%s and %i more is %s", (month, count, result) => {
    expect(addMonths(month, count)).toBe(result);
  });

  test.each([
    ["2026-02-28", "2026-03-01", 1],
    ["2027-01-01", "2026-12-31", -1],
    ["2026-03-01", "2026-11-01", 245], // over the changes of the clock
  ])("from %s to %s it is %i", (from, to, count) => {
    expect(daysBetween(from, to)).toBe(count);
    expect(addDays(from, count)).toBe(to);
  });
});
