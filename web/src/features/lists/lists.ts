import { useMutation, useMutationState, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { getList } from "../../api/generated/taskfleet";
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

/** One list, as far as it is known, and whether it is known to be gone. */
export function useList(listId: string): { readonly list: ListOut | undefined; readonly isGone: boolean } {
  const known = useQuery(listsQuery).data;
  const list = useLists()?.find(({ id }) => id === listId);
  const isKnown = known?.some(({ id }) => id === listId);
  // What this device knows of the lists may be older than this one.
  const asked = useQuery({
    queryKey: ["list", listId],
    queryFn: ({ signal }) => getList(listId, { signal }),
    enabled: isKnown === false,
    gcTime: 0,
  });
  return { list: list ?? asked.data, isGone: isKnown ? list === undefined : isMissing(asked.error) };
}

/** A change that was taken back. */
export interface RefusedListChange {
  readonly id: number;
  readonly change: ListChange;
  readonly error: Error;
  readonly forget: () => void;
}

/** The changes that were taken back, until somebody has seen to them. */
export function useRefusedListChanges(): readonly RefusedListChange[] {
  const mutations = useQueryClient().getMutationCache();
  const refused = useMutationState({
    filters: { mutationKey: KEY, status: "error" },
    select: (mutation) => mutation,
  });
  return refused.map((mutation) => ({
    id: mutation.mutationId,
    change: mutation.state.variables as ListChange,
    error: mutation.state.error as Error,
    forget: () => mutations.remove(mutation),
  }));
}

/** Carry out changes of lists: shown at once, and taken back where they are refused. */
export function useListChange(): (change: ListChange) => void {
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
    // A refusal is shown until somebody has seen to it.
    gcTime: Number.POSITIVE_INFINITY,
    onSuccess: (list, { seen }) => know(seen.id, list),
    onError: async (error: Error, { seen }) => {
      const current = currentListOf(error);
      if (current !== undefined || (error instanceof ApiProblem && error.status === 404)) {
        await know(seen.id, current);
      }
    },
  }).mutate;
}

/** Whether an error says that there is no such list, or cannot be one. */
function isMissing(error: Error | null): boolean {
  return error instanceof ApiProblem && (error.status === 404 || error.status === 422);
}
