import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { profileQuery } from "../features/session/profile";
import type { Day } from "../features/tasks/task-queries";
import { dayIn } from "../features/tasks/view";

const MINUTE_MS = 60_000;

/** The user's present day; it changes at the user's midnight, a minute late at most. */
export function useDay(): Day {
  const timezone = useQuery(profileQuery).data?.timezone ?? "UTC";
  const [today, setToday] = useState(() => dayIn(timezone, new Date()));
  useEffect(() => {
    const look = () => setToday(dayIn(timezone, new Date()));
    look();
    const timer = window.setInterval(look, MINUTE_MS);
    return () => window.clearInterval(timer);
  }, [timezone]);
  return useMemo(() => ({ today, timezone }), [today, timezone]);
}
