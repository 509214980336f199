import { DEFAULT_THEME } from "@mantine/core";
import { describe, expect, test } from "vitest";
import { LIST_COLORS } from "./list-colors";

/** Relative luminance (WCAG 2.2). */
function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((start) => Number.parseInt(color.slice(start, start + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrastOf(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

const DARK = DEFAULT_THEME.colors.dark[7];

describe.each(LIST_COLORS)("$name", ({ value }) => {
  test("has the form that the service takes", () => {
    expect(value).toMatch(/^#[0-9a-f]{6}$/);
  });

  test.each(["#ffffff", DARK])("stands out from %s", (ground) => {
    expect(contrastOf(value, ground)).toBeGreaterThanOrEqual(3);
  });
});

test("no two colours are the same", () => {
  expect(new Set(LIST_COLORS.map(({ value }) => value)).size).toBe(LIST_COLORS.length);
});
