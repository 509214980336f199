import { useEffect, useState } from "react";

/** Give the focus back to where it was, when what has it now goes away. Returns what had it. */
export function useFocusBack(): Element | null {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      const isLost = document.activeElement === null || document.activeElement === document.body;
      if (isLost && before instanceof HTMLElement && before.isConnected) {
        before.focus();
      }
    },
    [before],
  );
  return before;
}
