import type { PreferencesOutQuietHours } from "../../api/generated/taskfleet.schemas";

/** Whether it is quiet at an instant by the clocks of a zone: from the start to before the end, over midnight perhaps. */
export function isQuiet(
  hours: PreferencesOutQuietHours | undefined,
  instant: Date,
  timezone: string,
): boolean {
  if (hours === null || hours === undefined) {
    return false;
  }
  const { start, end } = hours;
  const local = clockTime(instant, timezone);
  return start < end ? start <= local && local < end : local >= start || local < end;
}

/** What clocks in the zone show, as the service writes times of day: `07:05`. */
function clockTime(instant: Date, timezone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(instant);
}
