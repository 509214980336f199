import { useEffect, useRef, useState } from "react";
import type { Reader } from "./reader";
import type { Reading } from "./reading";
import { mayBeUnderstood } from "./triggers";

/** As far as the service's limit of requests goes when somebody types without a pause: half of it. */
const INTERVAL_MS = 400;
/** Between two keys of somebody who types well nothing is asked. */
const PAUSE_MS = 120;

/** What the service last read in a line that is being typed; it may be of a line that was a little shorter. */
export function useReading(reader: Reader, line: string): Reading | undefined {
  const [reading, setReading] = useState<Reading>();
  const askedAt = useRef(Number.NEGATIVE_INFINITY);
  const isWorthIt = mayBeUnderstood(line);
  useEffect(() => {
    if (!isWorthIt) {
      setReading(undefined);
      return undefined;
    }
    const known = reader.known(line);
    if (known !== undefined) {
      setReading(known.reading);
      return undefined;
    }
    let isPresent = true;
    const ask = async () => {
      if (reader.isQuiet) {
        return;
      }
      askedAt.current = performance.now();
      try {
        const answer = await reader.ask(line);
        if (isPresent) {
          setReading(answer);
        }
      } catch {
        // It is a title until somebody says more of it.
      }
    };
    const delay = Math.max(PAUSE_MS, askedAt.current + INTERVAL_MS - performance.now());
    const timer = window.setTimeout(() => void ask(), delay);
    return () => {
      isPresent = false;
      window.clearTimeout(timer);
    };
  }, [reader, line, isWorthIt]);
  return reading;
}
