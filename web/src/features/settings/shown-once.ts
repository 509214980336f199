import { useCallback, useEffect, useState } from "react";

interface ShownOnce<Shown> {
  readonly shown: Shown | undefined;
  readonly show: (value: Shown) => void;
  readonly forget: () => void;
}

/**
 * Hold a secret for as long as it is looked at, in this component alone.
 *
 * A browser may keep a page that is left in memory, to show it again on the way back; the secret is not in it then.
 */
export function useShownOnce<Shown>(): ShownOnce<Shown> {
  const [shown, setShown] = useState<Shown>();
  const forget = useCallback(() => setShown(undefined), []);
  useEffect(() => {
    window.addEventListener("pagehide", forget);
    return () => window.removeEventListener("pagehide", forget);
  }, [forget]);
  return { shown, show: setShown, forget };
}
