import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readRule, writeRule } from "./rule";

/** What the service answers to the lines of its own documentation. */
const DOCUMENTED = [...readFileSync("../docs/quick-add.md", "utf8").matchAll(/`(FREQ=[^`]+)`/g)].map(
  ([, rule]) => rule ?? "",
);

describe("a rule that is read and written again", () => {
  test.each([
    ...new Set(DOCUMENTED),
    "FREQ=DAILY;INTERVAL=3;UNTIL=20261231T225900Z",
    "FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
    "FREQ=YEARLY;BYMONTH=3,10;BYDAY=2TU,-1SU",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
  ])("is the same: %s", (text) => {
    const rule = readRule(text);
    expect(rule && writeRule(rule)).toBe(text);
  });

  test("has its values in the order of the service, whatever order they were put in", () => {
    const rule = readRule("FREQ=MONTHLY;BYMONTHDAY=-1,15,1");
    expect(rule && writeRule(rule)).toBe("FREQ=MONTHLY;BYMONTHDAY=1,15,-1");
  });
});

describe("what the app does not look into", () => {
  test.each(["FREQ=YEARLY;BYWEEKNO=20", "FREQ=YEARLY;BYYEARDAY=100", "FREQ=WEEKLY;BYDAY=MO;WKST=SU"])(
    "is noted: %s",
    (text) => {
      expect(readRule(text)?.hasMore).toBe(true);
    },
  );

  test.each(["", "FREQ=HOURLY", "FREQ=WEEKLY;BYDAY=XX", "whatever"])("is no rule: “%s”", (text) => {
    expect(readRule(text)).toBeUndefined();
  });
});
