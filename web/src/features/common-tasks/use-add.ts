import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { addCommonTask } from "../../api/generated/taskfleet";
import type { CommonTaskOut } from "../../api/generated/taskfleet.schemas";
import { newIdempotencyKey } from "../../api/http";
import { ApiProblem } from "../../api/problem";
import { mayRetry, retryDelay } from "../../api/retry";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { useNotices } from "../tasks/notices";
import { useOutbox } from "../tasks/outbox-context";
import { deleting } from "../tasks/task-changes";
import { labelsQuery, listsQuery } from "../tasks/task-queries";
import { commonTasksQuery } from "./common-tasks";

/** Where copies go: a list of the user's own, or the inbox (null), with its name. */
export interface Destination {
  readonly listId: string | null;
  readonly name: string;
}

/** The copying of common tasks, as far as there is something to see of it. */
export interface Adding {
  readonly add: (commonTask: CommonTaskOut, to: Destination) => void;
  /** The ids of those whose copies the service does not have yet. */
  readonly pending: ReadonlySet<string>;
  /** The ids of those that were copied on this visit, and not taken back. */
  readonly added: ReadonlySet<string>;
  /** Why the last one was not copied. */
  readonly failure: string | undefined;
}

interface Copy {
  readonly commonTask: CommonTaskOut;
  readonly listId: string | null;
  readonly key: string;
}

/** Copy common tasks to one's own, with a way back. */
export function useAdding(): Adding {
  const client = useQueryClient();
  const outbox = useOutbox();
  const { tell } = useNotices();
  const [pending, setPending] = useState<ReadonlySet<string>>(new Set());
  const [added, setAdded] = useState<ReadonlySet<string>>(new Set());
  const [failure, setFailure] = useState<string>();
  const { mutateAsync } = useMutation({
    mutationKey: ["common-task-copy"],
    // Under one key for all tries, so that a lost answer makes no second task.
    mutationFn: ({ commonTask, listId, key }: Copy) =>
      addCommonTask(commonTask.id, { list_id: listId }, { headers: { "Idempotency-Key": key } }),
    // Without a network it fails at once and says so, instead of waiting for one.
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
  });
  const add = useCallback(
    async (commonTask: CommonTaskOut, { listId, name }: Destination) => {
      const { id, title } = commonTask;
      setFailure(undefined);
      setPending((ids) => new Set([...ids, id]));
      try {
        const task = await mutateAsync({ commonTask, listId, key: newIdempotencyKey() });
        outbox.receive({ tasks: [task], gone: [] });
        setAdded((ids) => new Set([...ids, id]));
        tell(en.commonTasks.added(title, name), () => {
          void outbox.make([deleting(task)]);
          setAdded((ids) => without(ids, id));
        });
        if (task.labels.length > 0) {
          void client.invalidateQueries({ queryKey: labelsQuery.queryKey });
        }
      } catch (error) {
        setFailure(en.commonTasks.notAdded(title, describeFailure(error)));
        if (error instanceof ApiProblem && error.status === 404) {
          void client.invalidateQueries({ queryKey: commonTasksQuery.queryKey });
          void client.invalidateQueries({ queryKey: listsQuery.queryKey });
        }
      } finally {
        setPending((ids) => without(ids, id));
      }
    },
    [client, outbox, tell, mutateAsync],
  );
  return { add: useCallback((...copy) => void add(...copy), [add]), pending, added, failure };
}

function without(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set([...ids].filter((other) => other !== id));
}
