import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ExclusiveLocks } from "../../testing/locks";
import { forgetTold, takeOn } from "./telling";

beforeEach(() => {
  vi.stubGlobal("navigator", { locks: new ExclusiveLocks() });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("of windows that want to tell the same at once, one does", async () => {
  const taken = await Promise.all([takeOn(["a", "b"]), takeOn(["b", "a"]), takeOn(["c"])]);
  expect(taken).toEqual([["a", "b"], [], ["c"]]);
});

test("what was told is told again to whoever signs in next", async () => {
  await takeOn(["a"]);
  forgetTold();
  expect(await takeOn(["a"])).toEqual(["a"]);
});

test("what lies there and cannot be read is as good as nothing", async () => {
  localStorage.setItem("taskfleet.told-notices", "{");
  expect(await takeOn(["a"])).toEqual(["a"]);
});

test("what has long been told is not kept for ever", async () => {
  for (const hundred of [0, 1, 2]) {
    await takeOn(Array.from({ length: 100 }, (_, count) => `notice-${hundred * 100 + count}`));
  }
  expect(localStorage.getItem("taskfleet.told-notices")?.length).toBeLessThan(2_000);
  expect(await takeOn(["notice-299"])).toEqual([]);
});
