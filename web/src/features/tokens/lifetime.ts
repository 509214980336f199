const DAY_MS = 86_400_000;

/** In days; without a number there is no end. */
const LIFETIMES = { month: 30, quarter: 90, year: 365, never: undefined } as const;

/** How long a token is to work. */
export type Lifetime = keyof typeof LIFETIMES;

/** Return when a token stops working that is made now; null: never by itself. */
export function endOf(lifetime: Lifetime, now: Date): Date | null {
  const days = LIFETIMES[lifetime];
  return days === undefined ? null : new Date(now.getTime() + days * DAY_MS);
}
