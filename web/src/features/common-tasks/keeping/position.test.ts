import { describe, expect, test } from "vitest";
import { positionBetween } from "./position";

describe("a position", () => {
  test.each([
    [undefined, undefined, "a0"],
    ["a0", undefined, "a1"],
    ["az", undefined, "b00"],
    [undefined, "a0", "Zz"],
    [undefined, "b00", "az"],
    [undefined, "a0V", "a0"],
    ["a0", "a1", "a0V"],
    ["a0", "a0V", "a0F"],
    ["a1", "a2", "a1V"],
    ["a0", "a2", "a1"],
    ["a0", "b00", "a1"],
    ["Zz", "a0", "ZzV"],
    ["a0y", "a0z", "a0yV"],
  ])("between %s and %s is what the service would make: %s", (before, after, between) => {
    expect(positionBetween(before, after)).toBe(between);
  });

  test("is found between any two, however often one comes between", () => {
    let [before, after] = ["a0", "a1"];
    for (let step = 0; step < 200; step += 1) {
      const between = positionBetween(before, after);
      expect(between > before && between < after && /^[A-Za-z][0-9A-Za-z]*[1-9A-Za-z]$/.test(between)).toBe(
        true,
      );
      [before, after] = step % 3 === 0 ? [between, after] : [before, between];
    }
  });

  test("is found ahead of the first and behind the last, over the ends of all lengths", () => {
    let [first, last] = ["a0", "a0"];
    for (let step = 0; step < 10_000; step += 1) {
      const [ahead, behind] = [positionBetween(undefined, first), positionBetween(last, undefined)];
      expect(ahead < first && behind > last).toBe(true);
      [first, last] = [ahead, behind];
    }
  });
});
