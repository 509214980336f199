import { queryOptions } from "@tanstack/react-query";
import { getProfile } from "../../api/generated/taskfleet";
import { mayRetry } from "../../api/retry";

/** Who is signed in. Without anybody the query fails with 401. */
export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: ({ signal }) => getProfile({ signal }),
  // Every page waits for it: without a network that is said at once.
  networkMode: "always",
  retry: (failures, error) => navigator.onLine && mayRetry(failures, error),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});
