/** Scripts that are written from right to left and that somebody's language may have (Unicode CLDR). */
const RIGHT_TO_LEFT = new Set([
  "Adlm",
  "Arab",
  "Aran",
  "Hebr",
  "Mand",
  "Nkoo",
  "Rohg",
  "Samr",
  "Syrc",
  "Thaa",
  "Yezi",
]);

export type Direction = "ltr" | "rtl";

/**
 * In which direction a locale (BCP 47) is written; `undefined` when it is none.
 *
 * Its likely script tells: not every browser has `getTextInfo` yet.
 */
export function directionOf(locale: string): Direction | undefined {
  try {
    const { script } = new Intl.Locale(locale).maximize();
    return script !== undefined && RIGHT_TO_LEFT.has(script) ? "rtl" : "ltr";
  } catch {
    return undefined;
  }
}
