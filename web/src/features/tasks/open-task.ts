import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/** The task whose details are open, and how to open others or none; the address bar says which. */
export function useOpenTask(): [string | undefined, (taskId: string | undefined) => void] {
  const { task } = useSearch({ from: "/signed-in" });
  const navigate = useNavigate();
  const open = useCallback(
    (taskId: string | undefined) =>
      void navigate({ to: ".", search: (previous) => ({ ...previous, task: taskId }) }),
    [navigate],
  );
  return [task, open];
}
