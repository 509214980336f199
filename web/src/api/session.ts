import { keepText } from "../device/storage";
import { ApiProblem, problemOf, UnreachableError } from "./problem";

/** Who learns that the session is over, and asks the user to sign in again. */
type Listener = () => void;

const listeners = new Set<Listener>();
/** Longer than the service takes for anything: it answers within 10 s. */
export const PATIENCE_MS = 15_000;
const REFRESHED_AT = "taskfleet.refreshed-at";
let underWay: Promise<void> | undefined;

/** Be told when the session has ended; returns how to stop that. */
export function onSessionEnd(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Get a new access token into the cookies, once for all requests that found theirs expired.
 *
 * `asOf` is when the refused request was sent (milliseconds since 1970): if another tab has refreshed since, there is
 * nothing to do. Rejects with `ApiProblem` (401) when the session is over, with `UnreachableError` when nobody can tell.
 */
export function refreshSession(asOf: number): Promise<void> {
  underWay ??= inTurnOfTabs(async () => {
    const refreshedAt = Number(localStorage.getItem(REFRESHED_AT) ?? 0);
    // One from the future was noted before the clock was set back, and says nothing.
    if (refreshedAt > asOf && refreshedAt <= Date.now()) {
      return;
    }
    await askForTokens();
    keepText(localStorage, REFRESHED_AT, String(Date.now()));
  }).finally(() => {
    underWay = undefined;
  });
  return underWay;
}

async function askForTokens(): Promise<void> {
  let answer: Response;
  try {
    answer = await fetch("/api/v1/auth/refresh", {
      method: "POST",
      credentials: "same-origin",
      signal: AbortSignal.timeout(PATIENCE_MS), // all tabs wait for it
    });
  } catch (error) {
    throw new UnreachableError(error);
  }
  if (!answer.ok) {
    throw await problemOf(answer);
  }
}

async function inTurnOfTabs(work: () => Promise<void>): Promise<void> {
  // Not there on plain-http pages other than localhost; the service lets racing refreshes pass for some seconds.
  if (!("locks" in navigator)) {
    return work();
  }
  await navigator.locks.request("taskfleet.refresh", work);
}

/** Tell everybody that the session has ended, if that is what this error says. */
export function noticeEnd(error: unknown): void {
  if (error instanceof ApiProblem && error.status === 401) {
    for (const listener of listeners) {
      listener();
    }
  }
}
