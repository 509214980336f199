import { describe, expect, test } from "vitest";
import { chosenLocale } from "./locale";

describe("the locale of a profile", () => {
  test.each([
    ["de-AT", "de-AT"],
    ["pt-br", "pt-BR"],
    ["en-GB", "en-GB"],
  ])("%s is the chosen one", (profileLocale, locale) => {
    expect(chosenLocale(profileLocale)).toBe(locale);
  });

  test.each([
    ["en", "nobody chose it"],
    ["xx-1", "no browser can read it"],
  ])("%s is none: %s", (profileLocale) => {
    expect(chosenLocale(profileLocale)).toBeUndefined();
  });
});
