import { useMutation, useMutationState, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ListOut } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";
import { mayRetry, retryDelay } from "../../api/retry";
import { listsQuery } from "../tasks/task-queries";
import { currentListOf, type ListChange, sendListChange, withChanges } from "./list-changes";

const KEY = ["list-change"];

/** All lists in their order, with the changes that are under way; undefined until they are loaded. */
export function useLists(): readonly ListOut[] | undefined {
  const lists = useQuery(listsQuery).data;
  const changes = useMutationState({
    filters: { mutationKey: KEY, status: "pending" },
    select: (mutation) => mutation.state.variables as ListChange,
  });
  return useMemo(() => lists && withChanges(lists, changes), [lists, changes]);
}

/** Carry out changes of lists; `onFailure` hears of those that were taken back. */
export function useListChange(onFailure: (change: ListChange, error: Error) => void) {
  const client = useQueryClient();
  const know = async (id: string, present: ListOut | undefined) => {
    // An answer that is on its way may be older than this one.
    await client.cancelQueries({ queryKey: listsQuery.queryKey });
    client.setQueryData(listsQuery.queryKey, (lists) =>
      lists?.flatMap((list) => (list.id !== id ? list : (present ?? []))),
    );
    void client.invalidateQueries({ queryKey: listsQuery.queryKey });
  };
  return useMutation({
    mutationKey: KEY,
    mutationFn: sendListChange,
    scope: { id: "list-changes" },
    // Without a network it fails at once and says so, instead of waiting for one.
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSuccess: (list, { seen }) => know(seen.id, list),
    onError: async (error: Error, change) => {
      const current = currentListOf(error);
      const isGone = error instanceof ApiProblem && error.status === 404;
      if (current !== undefined || isGone) {
        await know(change.seen.id, current);
      }
      onFailure(change, error);
    },
  });
}
