import { useMutation, useMutationState, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { CommonTaskOut } from "../../../api/generated/taskfleet.schemas";
import { mayRetry, retryDelay } from "../../../api/retry";
import { commonTasksQuery } from "../common-tasks";
import {
  type CommonTaskChange,
  currentCommonTaskOf,
  isGone,
  positionBeyond,
  sendCommonTaskChange,
  withCommonTask,
} from "./common-task-changes";

const MOVE_KEY = ["common-task-move"];
const { queryKey } = commonTasksQuery;

interface Move {
  readonly id: string;
  readonly title: string;
  readonly position: string;
}

/** The common tasks as an administrator sees them: with the moves that are under way. */
export function useKeptCommonTasks() {
  const query = useQuery(commonTasksQuery);
  const moves = useMutationState({
    filters: { mutationKey: MOVE_KEY, status: "pending" },
    select: (mutation) => mutation.state.variables as Move,
  });
  const commonTasks = useMemo(
    () => moves.reduce<readonly CommonTaskOut[]>(withMove, query.data ?? []),
    [query.data, moves],
  );
  return { query, commonTasks };
}

/** Change the common tasks. What is shown follows when the service has done it. */
export function useCommonTaskChange() {
  const know = useKnowing();
  return useMutation({
    mutationKey: ["common-task-change"],
    mutationFn: sendCommonTaskChange,
    scope: { id: "common-task-changes" },
    // Without a network it fails at once and says so, instead of waiting for one.
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSuccess: (present, change) => know(change.kind === "create" ? present?.id : change.seen.id, present),
    onError: (error: Error, change: CommonTaskChange) =>
      change.kind === "create" ? undefined : learn(error, change.seen.id, know),
  });
}

/** Move common tasks: shown at once, and taken back where it is refused. */
export function useCommonTaskMove() {
  const client = useQueryClient();
  const know = useKnowing();
  const mutation = useMutation({
    mutationKey: MOVE_KEY,
    mutationFn: async ({ id, position }: Move) => {
      // Moves in a row build on each other.
      const seen = client.getQueryData(queryKey)?.find((other) => other.id === id);
      return seen && sendCommonTaskChange({ kind: "update", seen, patch: { position } });
    },
    scope: { id: "common-task-changes" },
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSuccess: (present, { id }) => know(id, present),
    onError: (error: Error, { id }) => learn(error, id, know),
  });
  const { mutate } = mutation;
  /** Move one so many places down, or up, among all; whether there was such a place. */
  const move = (
    commonTasks: readonly CommonTaskOut[],
    { id, title }: CommonTaskOut,
    places: -1 | 1,
  ): boolean => {
    const position = positionBeyond(commonTasks, id, places);
    if (position !== undefined) {
      mutate({ id, title, position });
    }
    return position !== undefined;
  };
  return { move, error: mutation.error, title: mutation.variables?.title ?? "" };
}

type Know = (id: string | undefined, present: CommonTaskOut | undefined) => Promise<void>;

/** Take in what an error tells of the common task that it is about. */
async function learn(error: Error, id: string, know: Know): Promise<void> {
  const current = currentCommonTaskOf(error);
  if (current !== undefined || isGone(error)) {
    await know(id, current);
  }
}

/** Returns how to note what one common task is by now, undefined when it is gone. */
function useKnowing(): Know {
  const client = useQueryClient();
  return async (id, present) => {
    // An answer that is on its way may be older than this one.
    await client.cancelQueries({ queryKey });
    if (id !== undefined) {
      client.setQueryData(queryKey, (known) => known && withCommonTask(known, id, present));
    }
  };
}

function withMove(commonTasks: readonly CommonTaskOut[], { id, position }: Move): readonly CommonTaskOut[] {
  const moved = commonTasks.find((other) => other.id === id);
  return moved === undefined ? commonTasks : withCommonTask(commonTasks, id, { ...moved, position });
}
