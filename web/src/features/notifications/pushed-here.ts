import type { QueryClient } from "@tanstack/react-query";
import { profileQuery } from "../session/profile";
import { type Kind, preferencesQuery } from "./preferences";
import { pushDevicesQuery } from "./push-devices";
import { pushMark } from "./push-mark";
import { isQuiet } from "./quiet-hours";

/** How old the answers may be by which this window decides whether a push says the same. */
const ANSWER_AGE_MS = 60_000;

/** Whether a push message to this browser tells of a kind now. */
export async function isPushedHere(client: QueryClient, kind: Kind): Promise<boolean> {
  const mark = pushMark();
  if (mark === undefined || Notification.permission !== "granted") {
    return false;
  }
  try {
    const [{ timezone }, chosen, devices] = await Promise.all([
      client.ensureQueryData(profileQuery),
      client.fetchQuery({ ...preferencesQuery, staleTime: ANSWER_AGE_MS }),
      client.fetchQuery({ ...pushDevicesQuery, staleTime: ANSWER_AGE_MS }),
    ]);
    // Pushes wait until quiet hours end, but for those about security; whoever looks at the app is told meanwhile.
    const waits = kind !== "security" && isQuiet(chosen.quiet_hours, new Date(), timezone);
    // What was removed on another device is noted here until the next start.
    const comesHere = devices.some(({ endpoint }) => endpoint === mark.endpoint);
    return chosen.channels[kind].push && comesHere && !waits;
  } catch {
    return false; // told twice is better than not at all
  }
}
