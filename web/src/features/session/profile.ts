import { queryOptions } from "@tanstack/react-query";
import { getProfile } from "../../api/generated/taskfleet";
import { mayRetry } from "../../api/retry";
import { withFirstZone } from "./first-zone";

/** Who is signed in. Without anybody the query fails with 401. */
export const profileQuery = queryOptions({
  queryKey: ["profile"],
  // Every page waits for it: without a network that is said at once.
  networkMode: "always",
  retry: (failures, error) => navigator.onLine && mayRetry(failures, error),
  queryFn: async ({ signal }) => withFirstZone(await getProfile({ signal }), signal),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
  // No stream tells of what was set on another device.
  refetchOnWindowFocus: "always",
});
