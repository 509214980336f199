import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { TaskOut, TaskOutStatus } from "../../api/generated/taskfleet.schemas";
import { type Day, shownTaskListQuery } from "../tasks/task-queries";
import type { TaskPlace } from "../tasks/view";

/** A column of a board, as far as it is loaded. */
export interface Column {
  readonly status: TaskOutStatus;
  readonly tasks: readonly TaskOut[];
  readonly isLoading: boolean;
  /** Whether it can only be loaded once there is a network. */
  readonly isOffline: boolean;
  /** Why nothing could be loaded. */
  readonly error: Error | null;
  readonly retry: () => unknown;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  readonly loadMore: () => unknown;
}

/** The columns of a board, in the order of `STATUSES`. */
export function useColumns(place: TaskPlace, day: Day): readonly Column[] {
  const todo = useColumn("todo", place, day);
  const inProgress = useColumn("in_progress", place, day);
  const done = useColumn("done", place, day);
  return [todo, inProgress, done];
}

function useColumn(status: TaskOutStatus, place: TaskPlace, day: Day): Column {
  const list = useInfiniteQuery(
    shownTaskListQuery(useQueryClient(), { kind: "column", status, of: place }, day),
  );
  const tasks = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  return {
    status,
    tasks,
    isLoading: list.isPending,
    isOffline: list.isPending && list.fetchStatus === "paused",
    error: list.data === undefined ? list.error : null,
    retry: list.refetch,
    hasMore: list.hasNextPage,
    isLoadingMore: list.isFetchingNextPage,
    loadMore: list.fetchNextPage,
  };
}
