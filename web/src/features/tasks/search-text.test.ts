import { describe, expect, test } from "vitest";
import { taskOf } from "../../testing/tasks";
import { containsWords } from "./search-text";

const task = taskOf({ title: "Crème brûlée for Zoë", notes: "Ask *Mia*: 2 eggs" });

describe("a search", () => {
  test.each([
    ["a word", "creme"],
    ["words in any order", "zoe creme"],
    ["words of title and notes", "mia creme"],
    ["a part of a word", "brul"],
    ["another case", "ZOË"],
    ["no accents", "brulee"],
    ["punctuation around a word", "“Mia”, (eggs)!"],
    ["a number", "2"],
    ["quotation marks inside", 'mia"creme'],
  ])("finds by %s", (_what, text) => {
    expect(containsWords(task, text)).toBe(true);
  });

  test.each([
    ["a word that is not there", "milk"],
    ["one of two words", "creme milk"],
    ["nothing", ""],
    ["blanks", "   "],
    ["punctuation alone", "!? *"],
  ])("finds nothing by %s", (_what, text) => {
    expect(containsWords(task, text)).toBe(false);
  });
});
