import { describe, expect, test } from "vitest";
import { milk, NOW } from "../../testing/task-window";
import {
  creating,
  deleting,
  differWherePatched,
  isFulfilled,
  patching,
  titleOf,
  withoutDue,
  withPatch,
} from "./task-changes";

describe("the title of a change", () => {
  test.each([
    ["the new one", patching(milk, { title: "Oat milk" }), "Oat milk"],
    ["of what goes away", deleting(milk), "Milk"],
    ["of what is added", creating({ title: "Tea" }, NOW), "Tea"],
  ])("is %s", (_which, change, title) => {
    expect(titleOf(change)).toBe(title);
  });
});

describe("a change of how a task repeats", () => {
  const daily = { rule: "FREQ=DAILY", from: "due" } as const;
  const weekly = { rule: "FREQ=WEEKLY;BYDAY=MO", from: "completion" } as const;

  test("sets rule and origin, and takes them away", () => {
    expect(withPatch(milk, { recurrence: daily }, "UTC").recurrence).toEqual(daily);
    expect(withPatch({ ...milk, recurrence: daily }, { recurrence: null }, "UTC").recurrence).toBeNull();
    expect(withPatch({ ...milk, recurrence: daily }, { priority: 2 }, "UTC").recurrence).toEqual(daily);
  });

  test("leaves the origin when only the rule is another one, as the service does", () => {
    const changed = withPatch({ ...milk, recurrence: weekly }, { recurrence: { rule: "FREQ=DAILY" } }, "UTC");
    expect(changed.recurrence).toEqual({ rule: "FREQ=DAILY", from: "completion" });
  });

  test("is fulfilled when the service has both", () => {
    expect(isFulfilled({ ...milk, recurrence: daily }, { recurrence: daily })).toBe(true);
    expect(isFulfilled({ ...milk, recurrence: weekly }, { recurrence: daily })).toBe(false);
  });

  test("meets another one of either part", () => {
    const seen = { ...milk, recurrence: daily };
    const patch = { recurrence: weekly };
    expect(differWherePatched(seen, { ...seen, title: "Oat milk" }, patch)).toBe(false);
    expect(differWherePatched(seen, { ...seen, recurrence: { ...daily, from: "completion" } }, patch)).toBe(
      true,
    );
  });
});

describe("what takes a due date away", () => {
  test.each([
    ["nothing else", null, { due: null }],
    ["what is counted from it", { rule: "FREQ=DAILY", from: "due" }, { due: null, recurrence: null }],
    ["nothing that is counted from completion", { rule: "FREQ=DAILY", from: "completion" }, { due: null }],
  ] as const)("takes along %s", (_, recurrence, patch) => {
    expect(withoutDue({ ...milk, recurrence })).toEqual(patch);
  });
});
