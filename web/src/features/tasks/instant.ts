/** Return the instant of a local time, `YYYY-MM-DDTHH:MM`, in a time zone; the first of two, the later of none. */
export function instantIn(timezone: string, local: string): Date {
  const wanted = Date.parse(`${local}Z`);
  // The offset a day before is in force until the clocks change, as the first of two equal times wants it.
  const before = wanted - offsetAt(timezone, wanted - DAY_MS);
  const after = wanted - offsetAt(timezone, wanted + DAY_MS);
  const isBefore = before + offsetAt(timezone, before) === wanted;
  const isAfter = after + offsetAt(timezone, after) === wanted;
  return new Date(isBefore || !isAfter ? before : after);
}

const DAY_MS = 86_400_000;

/** Return by how many milliseconds the clocks of a zone are ahead of UTC at an instant. */
function offsetAt(timezone: string, instant: number): number {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? "";
  const local = `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}Z`;
  return Date.parse(local) - Math.floor(instant / 1_000) * 1_000;
}
