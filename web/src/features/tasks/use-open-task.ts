import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useOutbox, useOutboxState } from "./outbox-context";

/** What the details begin with when it was asked for by a key; each time another object. */
export interface WantedField {
  readonly field: "due" | "recurrence" | "labels";
}

/** The task whose details are open. */
export interface OpenedTask {
  readonly id: string | undefined;
  readonly wanted: WantedField | undefined;
  readonly open: (taskId: string | undefined, field?: WantedField["field"]) => void;
}

/** The task whose details are open; the address bar says which. */
export function useOpenTask(): OpenedTask {
  const { task } = useSearch({ from: "/signed-in" });
  const outbox = useOutbox();
  useOutboxState();
  const id = task === undefined ? undefined : outbox.realIdOf(task);
  const [wanted, setWanted] = useState<WantedField>();
  const navigate = useNavigate();
  const open = useCallback<OpenedTask["open"]>(
    (taskId, field) => {
      setWanted(field && { field });
      void navigate({
        to: ".",
        search: ({ task: _, ...others }) => ({ ...others, ...(taskId !== undefined && { task: taskId }) }),
      });
    },
    [navigate],
  );
  useEffect(() => {
    if (id !== task) {
      // It has been added since; the address is to lead to it in another window, too.
      void navigate({ to: ".", search: (others) => ({ ...others, task: id }), replace: true });
    }
  }, [id, task, navigate]);
  return useMemo(() => ({ id, wanted, open }), [id, wanted, open]);
}
