import { describe, expect, test } from "vitest";
import { describeRecurrence } from "./sentence";

describe("a recurrence in words", () => {
  test.each([
    ["FREQ=DAILY", "Every day"],
    ["FREQ=DAILY;INTERVAL=3", "Every 3 days"],
    ["FREQ=DAILY;BYMONTH=1,2", "Every day in January and February"],
    ["FREQ=WEEKLY", "Every week"],
    ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "Every 2 weeks on Monday"],
    ["FREQ=WEEKLY;BYDAY=MO,WE,FR", "Every week on Monday, Wednesday, and Friday"],
    ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every weekday"],
    [
      "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR",
      "Every 2 weeks on Monday, Tuesday, Wednesday, Thursday, and Friday",
    ],
    ["FREQ=MONTHLY", "Every month"],
    ["FREQ=MONTHLY;BYMONTHDAY=1,15", "Every month on the 1st and the 15th"],
    ["FREQ=MONTHLY;BYMONTHDAY=-1", "Every month on the last day"],
    ["FREQ=MONTHLY;BYMONTHDAY=-2", "Every month on the 2nd to last day"],
    ["FREQ=MONTHLY;BYMONTHDAY=22", "Every month on the 22nd"],
    ["FREQ=MONTHLY;BYMONTHDAY=12", "Every month on the 12th"],
    ["FREQ=MONTHLY;BYDAY=3TU", "Every month on the 3rd Tuesday"],
    ["FREQ=MONTHLY;BYDAY=-1FR", "Every month on the last Friday"],
    ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "Every month on the last weekday"],
    ["FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "Every year on the 24th of December"],
    ["FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "Every year on the 4th Thursday of November"],
    ["FREQ=DAILY;UNTIL=20261224", "Every day, until 24 Dec 2026"],
    ["FREQ=DAILY;COUNT=5", "Every day, 5 times"],
    ["FREQ=DAILY;COUNT=1", "Every day, once more"],
  ])("%s is “%s”", (rule, sentence) => {
    expect(describeRecurrence({ rule, from: "due" }, "en-GB")).toBe(sentence);
  });

  test("tells that it counts from completion", () => {
    expect(describeRecurrence({ rule: "FREQ=DAILY;INTERVAL=3", from: "completion" }, "en-GB")).toBe(
      "Every 3 days, from completion",
    );
  });

  test.each([
    "FREQ=YEARLY;BYWEEKNO=20",
    "FREQ=YEARLY;BYYEARDAY=100",
    "FREQ=YEARLY;BYDAY=20MO",
    "FREQ=YEARLY;BYMONTHDAY=3",
    "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
    "FREQ=DAILY;BYDAY=MO",
    "FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=1",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU",
  ])("is the rule itself where there are no words: %s", (rule) => {
    expect(describeRecurrence({ rule, from: "due" }, "en-GB")).toBe(rule);
  });
});
