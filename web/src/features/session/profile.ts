import { queryOptions } from "@tanstack/react-query";
import { getProfile } from "../../api/generated/taskfleet";

/** Who is signed in. Without anybody the query fails with 401. */
export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: ({ signal }) => getProfile({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});
