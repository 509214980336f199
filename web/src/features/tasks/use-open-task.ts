import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";

/** What the details begin with when it was asked for by a key; each time another object. */
export interface WantedField {
  readonly field: "due" | "labels";
}

/** The task whose details are open. */
export interface OpenTask {
  readonly id: string | undefined;
  readonly wanted: WantedField | undefined;
  readonly open: (taskId: string | undefined, field?: WantedField["field"]) => void;
}

/** The task whose details are open; the address bar says which. */
export function useOpenTask(): OpenTask {
  const { task: id } = useSearch({ from: "/signed-in" });
  const [wanted, setWanted] = useState<WantedField>();
  const navigate = useNavigate();
  const open = useCallback<OpenTask["open"]>(
    (taskId, field) => {
      setWanted(field && { field });
      void navigate({
        to: ".",
        search: ({ task: _, ...others }) => ({ ...others, ...(taskId !== undefined && { task: taskId }) }),
      });
    },
    [navigate],
  );
  return useMemo(() => ({ id, wanted, open }), [id, wanted, open]);
}
