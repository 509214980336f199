import { Text } from "@mantine/core";
import { useIsMutating } from "@tanstack/react-query";
import { useEffect } from "react";
import { useIsOnline } from "../api/online";
import { useOutboxState } from "../features/tasks/outbox-context";
import { en } from "../words/en";

/** Whether everything that was done here is truly saved. */
export function SaveState() {
  const { pending, isStuck, isAtRisk } = useOutboxState();
  useEffect(() => {
    if (isAtRisk) {
      window.addEventListener("beforeunload", askToStay);
    }
    return () => window.removeEventListener("beforeunload", askToStay);
  }, [isAtRisk]);
  const isChanging = useIsMutating() > 0; // what is no task: lists, settings
  const isOnline = useIsOnline();
  return (
    <Text size="sm" c={isAtRisk ? "red" : "dimmed"} role="status">
      {say(pending, isOnline, isStuck, isChanging)}
      {isAtRisk && ` ${en.saving.atRisk}`}
    </Text>
  );
}

function say(pending: number, isOnline: boolean, isStuck: boolean, isChanging: boolean): string {
  if (!isOnline) {
    return en.saving.offline(pending);
  }
  return isStuck
    ? en.saving.unreachable(pending)
    : pending > 0 || isChanging
      ? en.saving.saving
      : en.saving.saved;
}

/** Have the browser ask whether the window may go. */
function askToStay(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
