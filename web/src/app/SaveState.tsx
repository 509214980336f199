import { Text } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useOutboxState } from "../features/tasks/outbox-context";
import { en } from "../words/en";

/** Whether everything that was done here is truly saved. */
export function SaveState() {
  const { pending, isStuck, isAtRisk } = useOutboxState();
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  return (
    <Text size="sm" c={isAtRisk && pending > 0 ? "red" : "dimmed"} role="status">
      {say(pending, isOnline, isStuck)}
      {isAtRisk && pending > 0 && ` ${en.saving.atRisk}`}
    </Text>
  );
}

function say(pending: number, isOnline: boolean, isStuck: boolean): string {
  if (!isOnline) {
    return en.saving.offline(pending);
  }
  return isStuck ? en.saving.unreachable(pending) : pending > 0 ? en.saving.saving : en.saving.saved;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}
