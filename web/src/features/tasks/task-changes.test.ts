import { describe, expect, test } from "vitest";
import { milk, NOW } from "../../testing/task-window";
import { creating, deleting, patching, titleOf } from "./task-changes";

describe("the title of a change", () => {
  test.each([
    ["the new one", patching(milk, { title: "Oat milk" }), "Oat milk"],
    ["of what goes away", deleting(milk), "Milk"],
    ["of what is added", creating({ title: "Tea" }, NOW), "Tea"],
  ])("is %s", (_which, change, title) => {
    expect(titleOf(change)).toBe(title);
  });
});
