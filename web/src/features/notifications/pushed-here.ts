import type { QueryClient } from "@tanstack/react-query";
import { type Kind, preferencesQuery } from "./preferences";
import { pushDevicesQuery } from "./push-devices";
import { pushMark } from "./push-mark";

/** How old the answers may be by which this window decides whether a push says the same. */
const ANSWER_AGE_MS = 60_000;

/** Whether a push message to this browser tells of a kind. */
export async function isPushedHere(client: QueryClient, kind: Kind): Promise<boolean> {
  const mark = pushMark();
  if (mark === undefined || Notification.permission !== "granted") {
    return false;
  }
  try {
    const [chosen, devices] = await Promise.all([
      client.fetchQuery({ ...preferencesQuery, staleTime: ANSWER_AGE_MS }),
      client.fetchQuery({ ...pushDevicesQuery, staleTime: ANSWER_AGE_MS }),
    ]);
    // What was removed on another device is noted here until the next start.
    return chosen.channels[kind].push && devices.some(({ endpoint }) => endpoint === mark.endpoint);
  } catch {
    return false; // told twice is better than not at all
  }
}
