import { createContext, useContext, useSyncExternalStore } from "react";
import type { Outbox, OutboxState } from "./outbox";

export const OutboxContext = createContext<Outbox | undefined>(undefined);

/** The changes that were made in this window. */
export function useOutbox(): Outbox {
  const outbox = useContext(OutboxContext);
  if (outbox === undefined) {
    throw new Error("There is no outbox around this.");
  }
  return outbox;
}

/** What there is to say about them. */
export function useOutboxState(): OutboxState {
  const outbox = useOutbox();
  return useSyncExternalStore(outbox.subscribe, outbox.getState);
}
