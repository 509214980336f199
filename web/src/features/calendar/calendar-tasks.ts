import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { type Day, shownTaskListQuery } from "../tasks/task-queries";
import { byDay } from "./days";

/** What is due in a span of days, as far as it is loaded, which goes on until it is whole. */
export interface CalendarTasks {
  readonly days: ReadonlyMap<string, readonly TaskOut[]>;
  readonly isLoading: boolean;
  /** Why not everything could be loaded. */
  readonly error: Error | null;
  readonly retry: () => unknown;
}

/** The tasks that are due from one day to another. */
export function useCalendarTasks(first: string, last: string, day: Day): CalendarTasks {
  const list = useInfiniteQuery(shownTaskListQuery(useQueryClient(), { kind: "calendar", first, last }, day));
  const { hasNextPage, isFetching, isError, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const days = useMemo(
    () => byDay(list.data?.pages.flatMap((page) => page.items) ?? [], day.timezone),
    [list.data, day.timezone],
  );
  return {
    days,
    isLoading: isFetching,
    error: list.error,
    retry: list.data === undefined ? list.refetch : fetchNextPage,
  };
}
