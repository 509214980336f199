import { useSyncExternalStore } from "react";
import { keepText } from "../../device/storage";

const KEY = "taskfleet.quick-add";
const listeners = new Set<() => void>();
let draft = sessionStorage.getItem(KEY) ?? "";

/** The title that is being typed; it survives a reload, another view, and an ended session. */
export function useDraft(): string {
  return useSyncExternalStore(subscribe, readDraft);
}

/** Note what has been typed. */
export function keepDraft(title: string): void {
  draft = title;
  keepText(sessionStorage, KEY, title);
  for (const listener of listeners) {
    listener();
  }
}

/** Put a title back that could not be sent, unless another one has been begun meanwhile. Whether that was done. */
export function restoreDraft(title: string): boolean {
  if (readDraft() !== "") {
    return false;
  }
  keepDraft(title);
  return true;
}

function readDraft(): string {
  return draft;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
