const DAY_MS = 86_400_000;
/** Often enough to meet each side of every change between winter and summer time. */
const STEP_DAYS = 14;
const STEPS = 26;

/** The time zone of this device. */
export function browserZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether two zones tell different times on some day of the year that begins now; names alone may differ. */
export function clocksDiffer(one: string, other: string, now: Date): boolean {
  if (one === other) {
    return false;
  }
  const [clock, otherClock] = [clockOf(one), clockOf(other)];
  return Array.from({ length: STEPS }, (_, step) => now.getTime() + step * STEP_DAYS * DAY_MS).some(
    (instant) => clock.format(instant) !== otherClock.format(instant),
  );
}

/** Return a zone's name as people write it. */
export function nameOfZone(zone: string): string {
  return zone.replaceAll("_", " ");
}

function clockOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
}
