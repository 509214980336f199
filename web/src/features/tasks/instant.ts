import type { TaskOut } from "../../api/generated/taskfleet.schemas";

const DAY_MS = 86_400_000;
/** The end of a day, for what is due on it at no special time. */
const DAY_END = "23:59:59";

/**
 * Return the instant that a due date means, as the service will say it; one without a zone of its own is meant in
 * `timezone`. Null where there is no such day, as while somebody types one.
 */
export function instantOf(due: Partial<NonNullable<TaskOut["due"]>>, timezone: string): string | null {
  const instant = instantIn(
    isZone(due.timezone) ? due.timezone : timezone,
    `${due.date}T${due.time ?? DAY_END}`,
  );
  return Number.isNaN(instant.getTime()) ? null : instant.toISOString();
}

/**
 * Return the instant of a local time, `YYYY-MM-DDTHH:MM` with or without seconds, in a time zone; the first of two, the
 * later of none. It is no date (`NaN`) where there is no such day.
 */
export function instantIn(timezone: string, local: string): Date {
  const wanted = Date.parse(`${local}Z`);
  if (Number.isNaN(wanted)) {
    return new Date(Number.NaN);
  }
  // The offset a day before is in force until the clocks change, as the first of two equal times wants it.
  const before = wanted - offsetAt(timezone, wanted - DAY_MS);
  const after = wanted - offsetAt(timezone, wanted + DAY_MS);
  const isBefore = before + offsetAt(timezone, before) === wanted;
  const isAfter = after + offsetAt(timezone, after) === wanted;
  return new Date(isBefore || !isAfter ? before : after);
}

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

/** Whether there is a zone, and this browser knows it. */
function isZone(timezone: string | null | undefined): timezone is string {
  try {
    return (
      typeof timezone === "string" && new Intl.DateTimeFormat("en", { timeZone: timezone }) !== undefined
    );
  } catch {
    return false;
  }
}
