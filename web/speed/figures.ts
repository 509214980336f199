/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  return percentile(numbers, 50);
}

/** The number that so many per cent of some numbers do not exceed (nearest rank). */
export function percentile(numbers: readonly number[], percent: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const figure = sorted[Math.max(Math.ceil((percent / 100) * sorted.length) - 1, 0)];
  if (figure === undefined) {
    throw new RangeError("There is no percentile of nothing.");
  }
  return figure;
}

/** One line of the table: a number that should not exceed its bound. */
export interface Figure {
  readonly name: string;
  readonly unit: "kB" | "ms";
  /** What every run found. */
  readonly runs: readonly number[];
  /** What the median should be below, or at most. */
  readonly bound?: number;
}

/** Return the figures as a table in Markdown. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, unit, runs, bound }) => {
    const middle = median(runs);
    const range = `${format(Math.min(...runs))} to ${format(Math.max(...runs))}`;
    const target = bound === undefined ? "" : `<= ${format(bound)} ${unit}`;
    const verdict = bound === undefined ? "" : middle <= bound ? "met" : "MISSED";
    return [name, target, `${format(middle)} ${unit}`, range, verdict];
  });
  const lines = [
    ["", "Target", "Median", "All runs", "Verdict"],
    ["---", "--:", "--:", "--:", "--:"],
    ...rows,
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function format(number: number): string {
  return number.toLocaleString("en-US", { maximumFractionDigits: number < 100 ? 1 : 0 });
}

const BEGIN = "<!-- speed:start -->";
const END = "<!-- speed:end -->";

/** Return a text with other content between the two markers. Throws when they are not there once each. */
export function replaceBetweenMarkers(text: string, content: string): string {
  const [before, between, ...more] = text.split(BEGIN);
  const [, after, ...rest] = between?.split(END) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || rest.length > 0) {
    throw new Error(`The text must hold ${BEGIN} and ${END} once each.`);
  }
  return `${before}${BEGIN}\n${content}\n${END}${after}`;
}
