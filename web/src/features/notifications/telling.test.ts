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

test("a turn lasts until other windows see what was taken on, and no longer where nothing was", async () => {
  vi.useFakeTimers();
  try {
    const turns: string[] = [];
    const taking = [["a"], ["a"], ["b"]].map(async (ids) =>
      turns.push((await takeOn(ids)).join() || "nothing"),
    );
    await vi.advanceTimersByTimeAsync(99);
    expect(turns).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(turns).toEqual(["a", "nothing"]);
    await vi.advanceTimersByTimeAsync(100);
    await Promise.all(taking);
    expect(turns).toEqual(["a", "nothing", "b"]);
  } finally {
    vi.useRealTimers();
  }
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
