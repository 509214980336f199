import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { profileQuery } from "../features/session/profile";
import { type Day, reloadTasks } from "../features/tasks/task-queries";
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

/** Ask for the lists anew when the user's zone has become another one: their days begin at other instants. */
export function useListsOfZone(timezone: string): void {
  const client = useQueryClient();
  const loaded = useRef(timezone);
  useEffect(() => {
    if (loaded.current !== timezone) {
      loaded.current = timezone;
      // What cannot be reached now is asked for when it is shown again.
      reloadTasks(client).catch(() => undefined);
    }
  }, [client, timezone]);
}
