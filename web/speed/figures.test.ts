import { describe, expect, test } from "vitest";
import { formatTable, median, percentile, replaceBetweenMarkers } from "./figures";

describe("a percentile", () => {
  test("is one of the numbers, whatever their order", () => {
    const numbers = [30, 10, 20, 50, 40];
    expect([median(numbers), percentile(numbers, 99), percentile(numbers, 1)]).toEqual([30, 50, 10]);
    expect(
      percentile(
        Array.from({ length: 200 }, (_, index) => index + 1),
        99,
      ),
    ).toBe(198);
  });

  test("of nothing is an error", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("the table", () => {
  test("says which bounds are kept, by the median", () => {
    const table = formatTable([
      { name: "Scripts", unit: "kB", runs: [200, 200, 201], bound: 200 },
      { name: "Frames", unit: "ms", runs: [10, 60.25, 1_234], bound: 50 },
      { name: "Styles", unit: "kB", runs: [30] },
    ]);
    expect(table.split("\n").slice(2)).toEqual([
      "| Scripts | <= 200 kB | 200 kB | 200 to 201 | met |",
      "| Frames | <= 50 ms | 60.3 ms | 10 to 1,234 | MISSED |",
      "| Styles |  | 30 kB | 30 to 30 |  |",
    ]);
  });
});

describe("what is between the markers", () => {
  const text = "before\n<!-- speed:start -->\nold\n<!-- speed:end -->\nafter\n";

  test("is replaced, and nothing else", () => {
    expect(replaceBetweenMarkers(text, "new")).toBe(text.replace("old", "new"));
  });

  test.each(["", "<!-- speed:start -->", "<!-- speed:end -->", text + text])(
    "has to be there once",
    (wrong) => {
      expect(() => replaceBetweenMarkers(wrong, "new")).toThrow("once each");
    },
  );
});
