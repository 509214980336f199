const DAYS_A_WEEK = 7;
const MONDAY = 1;

/** Which day a week begins with in a language and country: 1 for Monday to 7 for Sunday (ISO 8601). */
export function firstDayOfWeek(locale: string): number {
  const known = new Intl.Locale(locale) as Intl.Locale & {
    readonly getWeekInfo?: () => { readonly firstDay: number };
    /** What it was called before it was standardised. */
    readonly weekInfo?: { readonly firstDay: number };
  };
  return known.getWeekInfo?.().firstDay ?? known.weekInfo?.firstDay ?? MONDAY;
}

/** Return the day so many days after another, both as `YYYY-MM-DD`. */
export function addDays(day: string, count: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** Return how many days it is from one day to another. */
export function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000;
}

/** Return the month so many months after another, both as `YYYY-MM`. */
export function addMonths(month: string, count: number): string {
  const date = new Date(`${month}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + count);
  return date.toISOString().slice(0, 7);
}

/** Return the weeks that a month touches, each with all its days as `YYYY-MM-DD`. */
export function weeksOf(month: string, firstDay: number): readonly (readonly string[])[] {
  const first = `${month}-01`;
  const weekday = new Date(`${first}T00:00:00Z`).getUTCDay();
  const start = addDays(first, -((weekday - firstDay + 2 * DAYS_A_WEEK) % DAYS_A_WEEK));
  const weeks: string[][] = [];
  for (let day = start; day < `${addMonths(month, 1)}-01`; day = addDays(day, DAYS_A_WEEK)) {
    weeks.push(Array.from({ length: DAYS_A_WEEK }, (_, index) => addDays(day, index)));
  }
  return weeks;
}

/** A day in the reader's words, of the calendar that due dates are of. */
export function formatDay(day: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(undefined, { ...options, calendar: "gregory", timeZone: "UTC" }).format(
    new Date(`${day}T12:00:00Z`),
  );
}
