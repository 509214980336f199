import { type RefObject, useEffect, useRef } from "react";

/** Take the focus when something stands in the place of what had it. */
export function useFocusHere<Target extends HTMLElement>(isWanted = true): RefObject<Target | null> {
  const target = useRef<Target>(null);
  useEffect(() => {
    if (isWanted) {
      target.current?.focus();
    }
  }, [isWanted]);
  return target;
}
