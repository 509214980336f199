/**
 * The words without which the service understands no date, no time and no repetition (docs/quick-add.md); months are
 * not among them, because they count beside the number of a day alone.
 */
const WORDS = [
  "today|tod|tonight|tomorrow|tmr|tmrw|noon|midnight|weekends?|next|end",
  "mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|(?:mon|tues|wednes|thurs|fri|satur|sun|week)days?",
  "mornings?|afternoons?|evenings?|nights?",
  "first|second|third|fourth|fifth",
  "days?|weeks?|months?|years?|min|mins|minutes?|hrs?|hours?",
  "every|everyday|daily|weekly|monthly|yearly|annually",
].join("|");

/** Digits, the marks of labels, lists and priorities, or one of the words. */
const TRIGGER = new RegExp(`[0-9#@!]|\\b(?:${WORDS})\\b`, "i");

/**
 * Whether the service could find more than a title in a line.
 *
 * Most lines are a title, and show at once without being asked about. A word too many costs a request; one that is
 * missing is not understood.
 */
export function mayBeUnderstood(text: string): boolean {
  return TRIGGER.test(text) && /[\p{L}\p{N}]/u.test(text);
}
