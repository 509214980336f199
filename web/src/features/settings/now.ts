import { useEffect, useState } from "react";

const MINUTE_MS = 60_000;

/** The present moment, half a minute old at most. */
export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(new Date()), MINUTE_MS / 2);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}
