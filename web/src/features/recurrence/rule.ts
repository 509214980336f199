/** Week days as RFC 5545 names them, in the order of the service's canonical form. */
export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;

export type Frequency = "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY";

/** A week day (0 is Monday); with an ordinal, the so-manieth of its month or year, from the end if below zero. */
export interface RuleDay {
  readonly ordinal: number;
  readonly day: number;
}

/** A recurrence rule (RFC 5545, section 3.3.10), as far as the app looks into it. */
export interface Rule {
  readonly frequency: Frequency;
  readonly interval: number;
  readonly count: number | undefined;
  /** As the rule has it, `YYYYMMDD` with or without a time. */
  readonly until: string | undefined;
  readonly months: readonly number[];
  readonly monthDays: readonly number[];
  readonly days: readonly RuleDay[];
  /** BYSETPOS */
  readonly positions: readonly number[];
  /** Whether it has parts that are not among these: such a rule is kept as it is. */
  readonly hasMore: boolean;
}

const FREQUENCIES: readonly string[] = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
const DAY = /^([+-]?\d+)?(MO|TU|WE|TH|FR|SA|SU)$/;
const KNOWN: readonly string[] = [
  "FREQ",
  "INTERVAL",
  "COUNT",
  "UNTIL",
  "BYMONTH",
  "BYMONTHDAY",
  "BYDAY",
  "BYSETPOS",
];

/** Read a rule of the service; undefined for what is none, or has a frequency that nobody knows here. */
export function readRule(text: string): Rule | undefined {
  const parts = new Map(text.split(";").map((part) => part.split("=", 2) as [string, string]));
  const frequency = parts.get("FREQ") ?? "";
  const days = listOf(parts.get("BYDAY")).map(readDay);
  if (!FREQUENCIES.includes(frequency) || !days.every((day) => day !== undefined)) {
    return undefined;
  }
  const count = parts.get("COUNT");
  return {
    frequency: frequency as Frequency,
    interval: Number(parts.get("INTERVAL") ?? 1),
    count: count === undefined ? undefined : Number(count),
    until: parts.get("UNTIL"),
    months: listOf(parts.get("BYMONTH")).map(Number),
    monthDays: listOf(parts.get("BYMONTHDAY")).map(Number),
    days,
    positions: listOf(parts.get("BYSETPOS")).map(Number),
    hasMore: [...parts.keys()].some((name) => !KNOWN.includes(name)),
  };
}

/** Write a rule in the canonical form of the service, so that its answer is what was expected. */
export function writeRule(rule: Rule): string {
  const days = rule.days.toSorted(
    (one, other) => fromTheStart(one.ordinal, other.ordinal) || one.day - other.day,
  );
  const parts: readonly (readonly [string, string])[] = [
    ["FREQ", rule.frequency],
    ["INTERVAL", rule.interval === 1 ? "" : String(rule.interval)],
    ["COUNT", rule.count === undefined ? "" : String(rule.count)],
    ["UNTIL", rule.until ?? ""],
    ["BYMONTH", rule.months.toSorted(fromTheStart).join(",")],
    ["BYMONTHDAY", rule.monthDays.toSorted(fromTheStart).join(",")],
    ["BYDAY", days.map(({ ordinal, day }) => `${ordinal || ""}${WEEKDAYS[day]}`).join(",")],
    ["BYSETPOS", rule.positions.toSorted(fromTheStart).join(",")],
  ];
  return parts
    .filter(([, value]) => value !== "")
    .map((part) => part.join("="))
    .join(";");
}

/** Whether a rule names Monday to Friday, and no other day. */
export function isOnWorkDays({ days }: Pick<Rule, "days">): boolean {
  return days.length === 5 && days.every(({ ordinal, day }) => ordinal === 0 && day < 5);
}

function listOf(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(",");
}

function readDay(text: string): RuleDay | undefined {
  const match = DAY.exec(text);
  return match === null
    ? undefined
    : { ordinal: Number(match[1] ?? 0), day: WEEKDAYS.indexOf(match[2] as (typeof WEEKDAYS)[number]) };
}

/** Those that count from the end come last. */
function fromTheStart(one: number, other: number): number {
  return Number(one < 0) - Number(other < 0) || one - other;
}
