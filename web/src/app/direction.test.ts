import { describe, expect, test } from "vitest";
import { directionOf } from "./direction";

describe("the direction of a locale", () => {
  test.each([
    "ar",
    "ar-EG",
    "he",
    "he-IL",
    "fa",
    "ur-PK",
    "ckb",
    "ps",
    "sd",
    "ug",
    "yi",
    "dv",
    "uz-Arab",
    "pa-PK",
  ])("is from right to left: %s", (locale) => {
    expect(directionOf(locale)).toBe("rtl");
  });

  test.each(["en", "en-GB", "fr", "ja", "ru", "uz", "pa", "sr-Cyrl", "ar-Latn", "he-Latn", "zxx"])(
    "is from left to right: %s",
    (locale) => {
      expect(directionOf(locale)).toBe("ltr");
    },
  );

  test.each(["", "en_US", "not a locale"])("is unknown: “%s”", (locale) => {
    expect(directionOf(locale)).toBeUndefined();
  });
});
