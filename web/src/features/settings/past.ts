/** Units of time from the longest on, with their lengths in seconds. */
const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** Say how long ago an instant was. */
export function describePast(instant: Date, now: Date, locale: string | undefined): string {
  const seconds = Math.max(0, (now.getTime() - instant.getTime()) / 1_000);
  const [unit, length] = UNITS.find(([, candidate]) => seconds >= candidate) ?? ["minute", 60];
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-Math.floor(seconds / length), unit);
}
