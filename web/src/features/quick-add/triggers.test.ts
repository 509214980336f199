import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mayBeUnderstood } from "./triggers";

/** The lines of the documentation, and whether more than a title is understood of each. */
const DOCUMENTED = readFileSync("../docs/quick-add.md", "utf8")
  .split("\n")
  .filter((row) => row.startsWith("| `"))
  .map((row) => row.split("|").map((cell) => cell.trim()))
  .map(([, line = "", , due, others]) => ({
    line: line.slice(1, -1),
    isUnderstood: due !== "" || others !== "",
  }));

describe("whether a line may say more than a title", () => {
  const understood = DOCUMENTED.filter(({ isUnderstood }) => isUnderstood).map(({ line }) => line);

  test("is asked about all that the documentation has", () => {
    expect(understood.length).toBeGreaterThan(80);
  });

  test.each(understood)("yes: %s", (line) => {
    expect(mayBeUnderstood(line)).toBe(true);
  });

  test.each([
    "Buy milk",
    "Call Bob",
    "Tell Bob he may go",
    "Half a thought",
    "Renew passport",
    "Amonday",
    "!?",
  ])("no: %s", (line) => {
    expect(mayBeUnderstood(line)).toBe(false);
  });
});
