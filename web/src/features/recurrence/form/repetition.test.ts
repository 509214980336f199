import { describe, expect, test } from "vitest";
import { type Rule, readRule, writeRule } from "../rule";
import { monthChoiceOf, monthChoices, ruleOf, shownBy, withWeekDay } from "./repetition";

/** A Tuesday, the third of its month. */
const START = "2026-12-15";

function rule(text: string): Rule {
  const read = readRule(text);
  if (read === undefined) {
    throw new Error(`No rule: ${text}`);
  }
  return read;
}

describe("what the form shows", () => {
  test.each([
    ["FREQ=DAILY;INTERVAL=3;COUNT=4", "daily"],
    ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "workdays"],
    ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR", "weekly"],
    ["FREQ=WEEKLY", "weekly"],
    ["FREQ=MONTHLY", "monthly"],
    ["FREQ=MONTHLY;BYMONTHDAY=-1", "monthly"],
    ["FREQ=MONTHLY;BYDAY=2TU", "monthly"],
    ["FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1", "yearly"],
    ["FREQ=YEARLY", "yearly"],
  ])("%s as %s", (text, kind) => {
    expect(shownBy(text)?.kind).toBe(kind);
  });

  test.each([
    "FREQ=DAILY;BYMONTH=1",
    "FREQ=WEEKLY;BYDAY=MO;WKST=SU",
    "FREQ=WEEKLY;BYMONTH=1;BYDAY=MO",
    "FREQ=MONTHLY;BYMONTHDAY=1,15",
    "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
    "FREQ=MONTHLY;BYDAY=MO",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=3,10;BYMONTHDAY=1",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
    "FREQ=YEARLY;BYWEEKNO=20",
  ])("nothing of %s, which it could not keep", (text) => {
    expect(shownBy(text)).toBeUndefined();
  });
});

describe("a repetition that is chosen", () => {
  test.each([
    ["daily", "FREQ=DAILY"],
    ["workdays", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"],
    ["weekly", "FREQ=WEEKLY;BYDAY=TU"],
    ["monthly", "FREQ=MONTHLY;BYMONTHDAY=15"],
    ["yearly", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=15"],
  ] as const)("%s goes on from the due date", (kind, text) => {
    expect(writeRule(ruleOf(kind, START))).toBe(text);
  });

  test("ends as the one before", () => {
    expect(writeRule(ruleOf("weekly", START, rule("FREQ=DAILY;INTERVAL=3;COUNT=4")))).toBe(
      "FREQ=WEEKLY;COUNT=4;BYDAY=TU",
    );
  });
});

describe("the days of a week", () => {
  test("come and go, in their order", () => {
    const more = withWeekDay(rule("FREQ=WEEKLY;BYDAY=TU"), START, 0);
    expect(writeRule(more)).toBe("FREQ=WEEKLY;BYDAY=MO,TU");
    expect(writeRule(withWeekDay(more, START, 1))).toBe("FREQ=WEEKLY;BYDAY=MO");
  });

  test("are that of the due date where none is named", () => {
    expect(writeRule(withWeekDay(rule("FREQ=WEEKLY"), START, 4))).toBe("FREQ=WEEKLY;BYDAY=TU,FR");
  });

  test("never go altogether", () => {
    expect(writeRule(withWeekDay(rule("FREQ=WEEKLY;BYDAY=TU"), START, 1))).toBe("FREQ=WEEKLY;BYDAY=TU");
  });
});

describe("the days of a month", () => {
  const namesOn = (start: string, present = "FREQ=MONTHLY") =>
    monthChoices(start, rule(present)).map(({ name }) => name);

  test("are those that the due date stands for", () => {
    expect(namesOn(START)).toEqual(["On the 15th", "On the last day", "On the 3rd Tuesday"]);
  });

  test("count from the end in the last week, and never to five", () => {
    expect(namesOn("2026-12-29")).toEqual(["On the 29th", "On the last day", "On the last Tuesday"]);
    expect(namesOn("2026-02-24")).toEqual([
      "On the 24th",
      "On the last day",
      "On the 4th Tuesday",
      "On the last Tuesday",
    ]);
  });

  test("have what is set among them, whatever the due date", () => {
    expect(namesOn(START, "FREQ=MONTHLY;BYDAY=2FR")[0]).toBe("On the 2nd Friday");
    expect(monthChoiceOf(rule("FREQ=MONTHLY;BYDAY=2FR"), START).name).toBe("On the 2nd Friday");
    expect(monthChoiceOf(rule("FREQ=MONTHLY"), START).name).toBe("On the 15th");
  });
});
