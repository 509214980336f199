/**
 * Positions as the service makes them: an integer part, whose first character tells its length so that longer means
 * later, and a fraction (David Greenspan, "Implementing Fractional Indexing", 2020). They are compared as text.
 */
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ZERO = "0";
const LAST = "z";
const FIRST_POSITION = "a0";
const SMALLEST_INTEGER = `A${ZERO.repeat(26)}`;

/** Return a position after `before` and ahead of `after`, which are in order; undefined stands for the open end there. */
export function positionBetween(before: string | undefined, after: string | undefined): string {
  if (before === undefined) {
    return after === undefined ? FIRST_POSITION : positionAheadOf(after);
  }
  const [integer, fraction] = split(before);
  if (after !== undefined) {
    const [afterInteger, afterFraction] = split(after);
    if (integer === afterInteger) {
      return integer + midpoint(fraction, afterFraction);
    }
  }
  const following = increment(integer);
  return following !== undefined && (after === undefined || following < after)
    ? following
    : integer + midpoint(fraction, undefined);
}

function positionAheadOf(after: string): string {
  const [integer, fraction] = split(after);
  if (integer === SMALLEST_INTEGER) {
    return integer + midpoint("", fraction);
  }
  if (fraction !== "") {
    return integer;
  }
  const preceding = decrement(integer);
  // The smallest integer alone would leave no room ahead of it.
  return preceding === SMALLEST_INTEGER ? preceding + midpoint("", undefined) : preceding;
}

/** Return a fraction between two fractions; none ends in zero, so that there is always room. */
function midpoint(low: string, high: string | undefined): string {
  if (high !== undefined) {
    let shared = 0;
    while (shared < high.length && (low[shared] ?? ZERO) === high[shared]) {
      shared += 1;
    }
    if (shared > 0) {
      return high.slice(0, shared) + midpoint(low.slice(shared), high.slice(shared));
    }
  }
  const lowDigit = DIGITS.indexOf(low[0] ?? ZERO);
  const highDigit = high ? DIGITS.indexOf(high[0] ?? ZERO) : DIGITS.length;
  if (highDigit - lowDigit > 1) {
    return digit(Math.floor((lowDigit + highDigit) / 2));
  }
  return high !== undefined && high.length > 1
    ? high.slice(0, 1)
    : digit(lowDigit) + midpoint(low.slice(1), undefined);
}

function split(position: string): readonly [string, string] {
  const length = integerLength(position[0] ?? "a");
  return [position.slice(0, length), position.slice(length)];
}

function integerLength(head: string): number {
  const code = head.charCodeAt(0);
  return head >= "a" ? code - "a".charCodeAt(0) + 2 : "Z".charCodeAt(0) - code + 2;
}

/** Return the integer above, undefined above the greatest. */
function increment(integer: string): string | undefined {
  const [head, kept, rest] = takeOff(integer, LAST);
  if (kept !== "") {
    return head + stepped(kept, 1) + ZERO.repeat(rest);
  }
  if (head === "z") {
    return undefined;
  }
  return head === "Z" ? FIRST_POSITION : withHead(head, 1, ZERO);
}

/** Return the integer below; the caller has made sure that there is one. */
function decrement(integer: string): string {
  const [head, kept, rest] = takeOff(integer, ZERO);
  if (kept !== "") {
    return head + stepped(kept, -1) + LAST.repeat(rest);
  }
  return head === "a" ? `Z${LAST}` : withHead(head, -1, LAST);
}

/** Return the head of an integer, its digits without those at the end that are all alike, and how many these are. */
function takeOff(integer: string, end: string): readonly [string, string, number] {
  let kept = integer.slice(1);
  while (kept.endsWith(end)) {
    kept = kept.slice(0, -1);
  }
  return [integer.slice(0, 1), kept, integer.length - 1 - kept.length];
}

function stepped(digits: string, step: number): string {
  return digits.slice(0, -1) + digit(DIGITS.indexOf(digits.slice(-1)) + step);
}

function withHead(head: string, step: number, fill: string): string {
  const next = String.fromCharCode(head.charCodeAt(0) + step);
  return next + fill.repeat(integerLength(next) - 1);
}

function digit(index: number): string {
  return DIGITS[index] ?? ZERO;
}
