import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getAdminStats, getGetUserUrl, listAudit, listUsers } from "../../api/generated/taskfleet";
import type { AuditPage, ManagedUserPage, UserDetailsOut } from "../../api/generated/taskfleet.schemas";
import { sendTagged } from "../../api/http";

/** Under it lies what only administrators see; it is kept in this window alone. */
export const ADMIN_KEY = "admin";

const PAGE_SIZE = 50;
const STATS_EVERY_MS = 60_000; // as often as the service counts

/** Users by the beginning of their address or by id, without a text everybody, the newest first. */
export function usersQuery(text: string) {
  return infiniteQueryOptions({
    queryKey: [ADMIN_KEY, "users", text],
    queryFn: ({ pageParam, signal }) =>
      listUsers({ limit: PAGE_SIZE, cursor: pageParam, ...(text !== "" && { q: text }) }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: ManagedUserPage) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

/** One user, with the ETag that a change of what was seen takes. */
export function userQuery(userId: string) {
  return queryOptions({
    queryKey: [ADMIN_KEY, "user", userId],
    queryFn: ({ signal }) => sendTagged<UserDetailsOut>(getGetUserUrl(userId), { signal }),
  });
}

export const adminStatsQuery = queryOptions({
  queryKey: [ADMIN_KEY, "stats"],
  queryFn: ({ signal }) => getAdminStats({ signal }),
  refetchInterval: STATS_EVERY_MS,
});

/** What narrows the audit down; what is missing narrows nothing. */
export interface AuditFilter {
  readonly action?: string | undefined;
  /** The id of the user who acted. */
  readonly by?: string | undefined;
  /** The id of the user, or of the thing, that was acted upon. */
  readonly about?: string | undefined;
}

/** What administrators did, the newest first. */
export function auditQuery({ action, by, about }: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: [ADMIN_KEY, "audit", { action, by, about }],
    queryFn: ({ pageParam, signal }) =>
      listAudit({ limit: PAGE_SIZE, cursor: pageParam, action, actor_id: by, subject_id: about }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: AuditPage) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}
