import { type RefObject, useLayoutEffect, useRef } from "react";
import type { Span } from "./spans";

interface Props {
  readonly field: RefObject<HTMLInputElement | null>;
  readonly text: string;
  readonly spans: readonly Span[];
}

/** Marks what was understood within a field: the same text over it, unseen but for the marks. */
export function Mirror({ field, text, spans }: Props) {
  const mirror = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text may have scrolled the field.
  useLayoutEffect(() => {
    const input = field.current;
    const follow = () => {
      if (mirror.current !== null && input !== null) {
        mirror.current.scrollLeft = input.scrollLeft;
      }
    };
    follow();
    input?.addEventListener("scroll", follow, { passive: true });
    return () => input?.removeEventListener("scroll", follow);
  }, [field, text]);
  return (
    <div ref={mirror} className="quick-add-mirror" aria-hidden>
      {spans.map(({ kind, start, end }, index) => (
        <span key={start}>
          {text.slice(spans[index - 1]?.end ?? 0, start)}
          <mark data-kind={kind}>{text.slice(start, end)}</mark>
        </span>
      ))}
      {text.slice(spans.at(-1)?.end ?? 0)}
    </div>
  );
}
