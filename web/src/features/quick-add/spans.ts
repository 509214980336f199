import type { UnderstoodPart } from "../../api/generated/taskfleet.schemas";

/** A part of a text that was understood, in UTF-16 units as JavaScript counts. */
export interface Span {
  readonly kind: UnderstoodPart["kind"];
  readonly start: number;
  readonly end: number;
}

/** Return the parts of a text as JavaScript counts; the service counts code points. */
export function spansOf(text: string, parts: readonly UnderstoodPart[]): Span[] {
  const offsets = [0];
  for (const point of text) {
    offsets.push((offsets.at(-1) ?? 0) + point.length);
  }
  return parts.flatMap(({ kind, start, end }) => {
    const [from, to] = [offsets[start], offsets[end]];
    return from === undefined || to === undefined ? [] : [{ kind, start: from, end: to }];
  });
}

/** Return those parts of a text that are still there, at their places, in what it has become. */
export function spansLeft(spans: readonly Span[], text: string, now: string): Span[] {
  let same = 0;
  while (same < text.length && text[same] === now[same]) {
    same += 1;
  }
  return spans.filter(({ end }) => end <= same);
}
