import { describe, expect, test } from "vitest";
import { spansLeft, spansOf } from "./spans";

describe("the parts of a text", () => {
  test("are where JavaScript counts, whatever characters are before them", () => {
    const text = "🎉 Fête 👩‍👩‍👧 #größe tomorrow";
    const points = [...text];
    const start = points.indexOf("#");
    const [label, day] = spansOf(text, [
      { kind: "label", start, end: start + 6 },
      { kind: "date", start: start + 7, end: points.length },
    ]);
    expect(text.slice(label?.start, label?.end)).toBe("#größe");
    expect(text.slice(day?.start, day?.end)).toBe("tomorrow");
  });

  test("are left out where they lie beyond the text", () => {
    expect(spansOf("Tea", [{ kind: "date", start: 4, end: 9 }])).toEqual([]);
  });

  test("stay while something is typed behind them, and go when they change", () => {
    const spans = spansOf("Tea today", [{ kind: "date", start: 4, end: 9 }]);
    expect(spansLeft(spans, "Tea today", "Tea today at")).toEqual(spans);
    expect(spansLeft(spans, "Tea today", "Tea toda")).toEqual([]);
    expect(spansLeft(spans, "Tea today", "Green tea today")).toEqual([]);
  });
});
