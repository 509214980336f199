/** A day, `YYYY-MM-DD`, in few words. */
export function nameDay(date: string): string {
  return new Intl.DateTimeFormat(undefined, {
    calendar: "gregory",
    timeZone: "UTC",
    day: "numeric",
    month: "short",
  }).format(new Date(`${date}T12:00:00Z`));
}
