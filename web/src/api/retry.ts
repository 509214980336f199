import { ApiProblem, UnreachableError } from "./problem";

const MAX_RETRIES = 4;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8_000;
/** Whatever the service asks for: a limit's window, and changes behind this one wait too. */
const LONGEST_WAIT_MS = 60_000;

/** Whether another try may succeed: nobody answered, too much was asked at once, or a server is away. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiProblem) {
    return error.status === 429 || error.status >= 500;
  }
  return error instanceof UnreachableError;
}

/** Whether to try again after so many failures ahead of this one. */
export function mayRetry(failures: number, error: unknown): boolean {
  return failures < MAX_RETRIES && isTransient(error);
}

/** Milliseconds until the next try: what the service asks for, else twice as long each time. */
export function retryDelay(failures: number, error: unknown): number {
  if (error instanceof ApiProblem && error.retryAfterSeconds !== undefined) {
    return Math.min(Math.max(error.retryAfterSeconds * 1_000, FIRST_DELAY_MS), LONGEST_WAIT_MS);
  }
  return Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
}
