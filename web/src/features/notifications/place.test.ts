import { describe, expect, test } from "vitest";
import { noticeOf } from "../../testing/notices";
import { placeOf } from "./place";

describe("a notice about a task", () => {
  test.each(["/today", "/calendar", "/lists/42", "/labels/home", "/search"])(
    "opens it beside what is shown: %s",
    (pathname) => {
      expect(placeOf(noticeOf(), pathname)).toEqual({ to: ".", task: "task-1" });
    },
  );

  test.each(["/settings", "/settings/notifications", "/trash", "/admin/users", "/statistics"])(
    "opens it among all where no details can be: %s",
    (pathname) => {
      expect(placeOf(noticeOf(), pathname)).toEqual({ to: "/all", task: "task-1" });
    },
  );
});

test.each([
  ["security", "/settings"],
  ["digest", "/today"],
  ["welcome", "/today"],
] as const)("a notice of the kind %s leads to %s", (kind, to) => {
  expect(placeOf(noticeOf({ kind, task_id: null }), "/all")).toEqual({ to, task: undefined });
});
