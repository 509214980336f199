import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { getTaskStats } from "../../api/generated/taskfleet";
import type { StatsAnswer } from "../../api/generated/taskfleet.schemas";
import { labelsQuery } from "../tasks/task-queries";

/**
 * The user's numbers, asked for again whenever a task has changed.
 *
 * The labels are asked for again whenever one has, as they are counted by the service, too; the numbers follow them.
 */
export function useStats(): UseQueryResult<StatsAnswer> {
  const { dataUpdatedAt, isPending } = useQuery(labelsQuery);
  return useQuery({
    queryKey: ["stats", dataUpdatedAt],
    queryFn: ({ signal }) => getTaskStats({ signal }),
    enabled: !isPending,
    placeholderData: keepPreviousData,
    // Each is of one moment; nobody asks for it later.
    gcTime: 0,
  });
}
