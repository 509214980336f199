/** Units that are said, with their length in seconds, the longest first. */
const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** Say in the reader's words how long ago an instant was, in days at most. */
export function describeAge(instant: string, now: Date): string {
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  // Clocks differ; nothing is deleted in the future.
  const seconds = Math.max(0, (now.getTime() - Date.parse(instant)) / 1_000);
  for (const [unit, length] of UNITS) {
    if (seconds >= length) {
      return format.format(-Math.floor(seconds / length), unit);
    }
  }
  return format.format(0, "second");
}
