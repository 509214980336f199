import { en } from "../../../words/en";
import { isOnWorkDays, type Rule, type RuleDay, readRule } from "../rule";
import { describeMonthDay, describeWeekday } from "../sentence";

/** What the form can show of a rule. */
export const KINDS = ["daily", "workdays", "weekly", "monthly", "yearly"] as const;

export type Kind = (typeof KINDS)[number];

const WEEK_DAYS = 7;
const NO_PARTS: Rule = {
  frequency: "DAILY",
  interval: 1,
  count: undefined,
  until: undefined,
  months: [],
  monthDays: [],
  days: [],
  positions: [],
  hasMore: false,
};

/** A rule that the form shows, in all its parts; undefined for one that is kept as it is. */
export function shownBy(text: string): { readonly kind: Kind; readonly rule: Rule } | undefined {
  const rule = readRule(text);
  const kind = rule && kindOf(rule);
  return rule && kind && { kind, rule };
}

/** Return a rule of a kind that goes on from a day, `YYYY-MM-DD`, with the end of the rule that was there before. */
export function ruleOf(kind: Kind, start: string, before?: Rule): Rule {
  const end = { ...NO_PARTS, count: before?.count, until: before?.until };
  const { weekday, month, monthDay } = partsOf(start);
  switch (kind) {
    case "daily":
      return end;
    case "workdays":
      return { ...end, frequency: "WEEKLY", days: [0, 1, 2, 3, 4].map((day) => ({ ordinal: 0, day })) };
    case "weekly":
      return { ...end, frequency: "WEEKLY", days: [{ ordinal: 0, day: weekday }] };
    case "monthly":
      return { ...end, frequency: "MONTHLY", monthDays: [monthDay] };
    case "yearly":
      return { ...end, frequency: "YEARLY", months: [month], monthDays: [monthDay] };
  }
}

/** The week days of a weekly rule; one that names none has that of its first date. */
export function weekDaysOf(rule: Rule, start: string): readonly number[] {
  return rule.days.length === 0 ? [partsOf(start).weekday] : rule.days.map(({ day }) => day);
}

/** Return a weekly rule with one week day more or less; the last one stays. */
export function withWeekDay(rule: Rule, start: string, day: number): Rule {
  const present = weekDaysOf(rule, start);
  const days = present.includes(day) ? present.filter((other) => other !== day) : [...present, day];
  return days.length === 0
    ? rule
    : { ...rule, days: days.toSorted((one, other) => one - other).map((one) => ({ ordinal: 0, day: one })) };
}

/** A day on which a task may come every month. */
export interface MonthChoice {
  readonly name: string;
  readonly monthDays: readonly number[];
  readonly days: readonly RuleDay[];
}

/** What a monthly rule can be set to for a task that is due on a day; what it is set to is among them. */
export function monthChoices(start: string, present: Rule): readonly MonthChoice[] {
  const { weekday, monthDay, daysInMonth } = partsOf(start);
  const ordinal = Math.ceil(monthDay / WEEK_DAYS);
  const choices = [
    onMonthDay(monthDay),
    onMonthDay(-1),
    // Few months have a fifth one.
    ...(ordinal < 5 ? [onWeekday({ ordinal, day: weekday })] : []),
    ...(monthDay > daysInMonth - WEEK_DAYS ? [onWeekday({ ordinal: -1, day: weekday })] : []),
  ];
  const chosen = monthChoiceOf(present, start);
  return choices.some(({ name }) => name === chosen.name) ? choices : [chosen, ...choices];
}

/** What a monthly rule is set to. */
export function monthChoiceOf({ monthDays, days }: Rule, start: string): MonthChoice {
  const [day] = days;
  return day === undefined ? onMonthDay(monthDays[0] ?? partsOf(start).monthDay) : onWeekday(day);
}

function kindOf(rule: Rule): Kind | undefined {
  const { frequency, months, monthDays, days } = rule;
  if (rule.hasMore || rule.positions.length > 0) {
    return undefined;
  }
  const others = months.length + monthDays.length;
  switch (frequency) {
    case "DAILY":
      return others + days.length === 0 ? "daily" : undefined;
    case "WEEKLY":
      if (others > 0) {
        return undefined;
      }
      return rule.interval === 1 && isOnWorkDays(rule) ? "workdays" : "weekly";
    case "MONTHLY":
      return months.length === 0 && isOneOfMonth(rule) ? "monthly" : undefined;
    case "YEARLY":
      return days.length === 0 && (others === 0 || isOneOfYear(rule)) ? "yearly" : undefined;
  }
}

function isOneOfMonth({ monthDays, days }: Rule): boolean {
  const [day] = days;
  return monthDays.length + days.length <= 1 && (day === undefined || day.ordinal !== 0);
}

function isOneOfYear({ months, monthDays }: Rule): boolean {
  return months.length === 1 && monthDays.length === 1;
}

function onMonthDay(day: number): MonthChoice {
  return { name: en.repeat.onDay(describeMonthDay(day)), monthDays: [day], days: [] };
}

function onWeekday(day: RuleDay): MonthChoice {
  return { name: en.repeat.onDay(describeWeekday(day)), monthDays: [], days: [day] };
}

function partsOf(day: string) {
  const date = new Date(`${day}T00:00:00Z`);
  return {
    weekday: (date.getUTCDay() + WEEK_DAYS - 1) % WEEK_DAYS,
    month: date.getUTCMonth() + 1,
    monthDay: date.getUTCDate(),
    daysInMonth: new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  };
}
