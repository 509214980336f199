import type { Recurrence } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { isOnWorkDays, type Rule, type RuleDay, readRule } from "./rule";

const words = en.repeat;
const lists = new Intl.ListFormat("en", { type: "conjunction" });

/** How a task repeats, as a sentence; a rule for which there are no words stands for itself. */
export function describeRecurrence(recurrence: Recurrence, locale: string | undefined): string {
  const rule = readRule(recurrence.rule);
  const sentence = rule && describeRule(rule, locale);
  const text = sentence ?? recurrence.rule;
  return recurrence.from === "completion" ? words.fromCompletion(text) : text;
}

/** A rule as a sentence; undefined where there are no words for it. */
export function describeRule(rule: Rule, locale: string | undefined): string | undefined {
  const pattern = describePattern(rule);
  if (pattern === undefined || rule.hasMore) {
    return undefined;
  }
  if (rule.count !== undefined) {
    return words.times(pattern, rule.count);
  }
  return rule.until === undefined ? pattern : words.until(pattern, formatUntil(rule.until, locale));
}

/** The day on which a rule ends, as `YYYY-MM-DD`. */
export function dayOfUntil(until: string): string {
  return `${until.slice(0, 4)}-${until.slice(4, 6)}-${until.slice(6, 8)}`;
}

/** Some week day of a month, such as the second Tuesday. */
export function describeWeekday({ ordinal, day }: RuleDay): string {
  const name = words.weekdays[day] ?? "";
  return ordinal === 0 ? words.each(name) : words.the(words.ordinal(ordinal), name);
}

/** Some day of a month by its number, such as the 15th. */
export function describeMonthDay(day: number): string {
  return day > 0 ? words.the(words.ordinal(day)) : words.the(words.ordinal(day), words.day);
}

function describePattern(rule: Rule): string | undefined {
  const { frequency, interval, days, monthDays, months } = rule;
  const every = words.every(words.units[frequency], interval);
  if (rule.positions.length > 0) {
    return describePosition(rule, every);
  }
  if (frequency === "WEEKLY" && months.length === 0) {
    return describeWeeks(rule, every);
  }
  if (frequency === "DAILY") {
    return days.length + monthDays.length > 0 ? undefined : inMonths(every, months);
  }
  if (days.length > 0 && monthDays.length > 0) {
    return undefined;
  }
  const named = [...monthDays.map(describeMonthDay), ...days.map(describeWeekday)];
  if (named.length === 0) {
    return inMonths(every, months);
  }
  if (frequency === "MONTHLY") {
    return inMonths(words.on(every, lists.format(named)), months);
  }
  // Without a month, a day of a year is counted otherwise.
  return frequency === "YEARLY" && months.length > 0
    ? words.on(every, words.of(lists.format(named), namesOf(months)))
    : undefined;
}

function describeWeeks(rule: Rule, every: string): string {
  if (rule.days.length === 0) {
    return every;
  }
  return rule.interval === 1 && isOnWorkDays(rule)
    ? words.everyWorkDay
    : words.on(every, lists.format(rule.days.map(({ day }) => words.weekdays[day] ?? "")));
}

/** The first or last work day of a month: what BYSETPOS is mostly used for. */
function describePosition(rule: Rule, every: string): string | undefined {
  const [position] = rule.positions;
  const isWorkDay =
    rule.frequency === "MONTHLY" &&
    rule.positions.length === 1 &&
    rule.monthDays.length + rule.months.length === 0 &&
    isOnWorkDays(rule);
  return isWorkDay && position !== undefined
    ? words.on(every, words.the(words.ordinal(position), words.workDay))
    : undefined;
}

function inMonths(text: string, months: readonly number[]): string {
  return months.length === 0 ? text : words.in(text, namesOf(months));
}

function namesOf(months: readonly number[]): string {
  return lists.format(months.map((month) => words.months[month - 1] ?? ""));
}

function formatUntil(until: string, locale: string | undefined): string {
  const day = new Date(`${dayOfUntil(until)}T12:00:00Z`);
  return Number.isNaN(day.getTime())
    ? until
    : new Intl.DateTimeFormat(locale, { timeZone: "UTC", dateStyle: "medium" }).format(day);
}
