import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useMutation,
  useMutationState,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { listNotifications, readNotifications } from "../../api/generated/taskfleet";
import type { NoticeOut, NoticePage } from "../../api/generated/taskfleet.schemas";
import { mayRetry, retryDelay } from "../../api/retry";

/** The beginning of every key here. */
const ALL = ["notifications"];
const READING = ["notifications-reading"];
/** More than fit on a screen. */
const PAGE_SIZE = 30;
/** Of what is unread: enough to tell of what has just come. */
const NEWEST = 10;
/** As long as nobody notices, and many windows are no burden to a service that has just come back. */
const ASK_AGAIN_MS = 60_000;

/** How many are unread, and the newest of these. The user's revision tells when to ask again. */
export const unreadQuery = queryOptions({
  queryKey: [...ALL, "unread"],
  queryFn: ({ signal }) => listNotifications({ unread: "true", limit: NEWEST }, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
  // No revision tells that the service answers again.
  refetchInterval: ({ state }) => (state.status === "error" ? ASK_AGAIN_MS : false),
});

/** Everything that the user was told, the newest first. */
export const noticesQuery = infiniteQueryOptions({
  queryKey: [...ALL, "list"],
  queryFn: ({ pageParam, signal }) => listNotifications({ limit: PAGE_SIZE, cursor: pageParam }, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: NoticePage) => page.next_cursor ?? undefined,
  staleTime: Number.POSITIVE_INFINITY,
});

type List = InfiniteData<NoticePage, string | undefined>;

/** Which are read: some of those that were unread, or all. */
export type Reading = readonly string[] | "all";

/** Ask again for what is shown, the rest when it is looked at: there may be something new. */
export function refreshNotices(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: ALL });
}

/** Keep the first page alone, so that opening the list again does not ask for all that somebody has scrolled through. */
export function forgetOlder(client: QueryClient): void {
  client.setQueryData<List>(
    noticesQuery.queryKey,
    (list) => list && { pages: list.pages.slice(0, 1), pageParams: list.pageParams.slice(0, 1) },
  );
}

/** What is unread, without what is being marked; undefined until it is known. */
export function useUnread(): NoticePage | undefined {
  const page = useQuery(unreadQuery).data;
  const readings = useReadings();
  return useMemo(() => page && readings.reduce(unreadWithout, page), [page, readings]);
}

/** Return notices as what is being marked leaves them. */
export function useAsRead(notices: readonly NoticeOut[]): readonly NoticeOut[] {
  const readings = useReadings();
  return useMemo(() => readings.reduce(asRead, notices), [notices, readings]);
}

/** Mark notices as read: shown at once, and taken back where that fails. */
export function useReading() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: READING,
    mutationFn: (which: Reading) => readNotifications(which === "all" ? { all: true } : { ids: [...which] }),
    // Without a network it fails at once and says so, instead of waiting for one.
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSuccess: async ({ unread_count }, which) => {
      // An answer that is on its way may be older than this one.
      await client.cancelQueries({ queryKey: ALL });
      client.setQueryData(
        unreadQuery.queryKey,
        (page) => page && { ...unreadWithout(page, which), unread_count },
      );
      client.setQueryData<List>(
        noticesQuery.queryKey,
        (list) =>
          list && {
            ...list,
            pages: list.pages.map((page) => ({ ...page, items: [...asRead(page.items, which)] })),
          },
      );
    },
  });
}

function useReadings(): readonly Reading[] {
  return useMutationState({
    filters: { mutationKey: READING, status: "pending" },
    select: (mutation) => mutation.state.variables as Reading,
  });
}

/** Return the page of what is unread as it is when these are read. */
export function unreadWithout(page: NoticePage, which: Reading): NoticePage {
  if (which === "all") {
    return { ...page, items: [], unread_count: 0 };
  }
  return {
    ...page,
    items: page.items.filter(({ id }) => !which.includes(id)),
    unread_count: Math.max(0, page.unread_count - which.length),
  };
}

function asRead(notices: readonly NoticeOut[], which: Reading): readonly NoticeOut[] {
  return notices.map((notice) =>
    notice.read_at === null && (which === "all" || which.includes(notice.id))
      ? { ...notice, read_at: notice.created_at }
      : notice,
  );
}
