import { Text } from "@mantine/core";
import { useIsMutating, useMutationState } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { en } from "../words/en";

/** Whether everything that was done here is truly saved. */
export function SaveState() {
  const pending = useIsMutating({ mutationKey: ["task-change"] });
  const isStuck = useMutationState({
    filters: { mutationKey: ["task-change"], status: "pending" },
    select: (mutation) => mutation.state.failureCount > 0,
  }).some(Boolean);
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  const { saved, saving, offline, unreachable } = en.saving;
  const text = !isOnline ? offline : isStuck ? unreachable : pending > 0 ? saving : saved;
  return (
    <Text size="sm" c="dimmed" role="status">
      {text}
    </Text>
  );
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}
