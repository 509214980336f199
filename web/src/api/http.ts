import { problemOf, UnreachableError } from "./problem";
import { noticeEnd, PATIENCE_MS, refreshSession } from "./session";

const AUTH_PATH = "/api/v1/auth/";
/** Their answers hold a secret, which nobody may keep: the service takes no key there. */
const KEYLESS_PATHS: readonly string[] = ["/api/v1/me/tokens", "/api/v1/me/calendar-feed"];

/**
 * Send one request for the generated client and return the parsed body of the answer.
 *
 * An expired access token is renewed, once for all requests in all tabs, and the request sent again. Every POST whose
 * answer may be kept carries an idempotency key, so that this and any other repetition acts once; a caller that may repeat it passes its own.
 * Rejects with `ApiProblem` or `UnreachableError`.
 */
export async function send<Body>(url: string, options: RequestInit = {}): Promise<Body> {
  return (await sendTagged<Body>(url, options)).body;
}

/** A body with the ETag of its answer, null without one. */
export interface Tagged<Body> {
  readonly body: Body;
  readonly etag: string | null;
}

/** The same for an answer whose ETag is not the revision that the body tells. */
export async function sendTagged<Body>(url: string, options: RequestInit = {}): Promise<Tagged<Body>> {
  const headers = new Headers(options.headers);
  headers.set("Accept", "application/json");
  if (options.method === "POST" && !headers.has("Idempotency-Key") && takesKey(url)) {
    headers.set("Idempotency-Key", newIdempotencyKey());
  }
  const request = { ...options, headers };
  const sentAt = Date.now();
  let answer = await fetchOnce(url, request);
  if (answer.status === 401 && !url.startsWith(AUTH_PATH)) {
    try {
      await refreshSession(sentAt);
    } catch (error) {
      noticeEnd(error);
      throw error;
    }
    answer = await fetchOnce(url, request);
  }
  if (!answer.ok) {
    const problem = await problemOf(answer);
    noticeEnd(problem);
    throw problem;
  }
  const body = answer.status === 204 ? undefined : await readBody(answer, request.signal);
  return { body: body as Body, etag: answer.headers.get("ETag") };
}

/** Return a key under which the service acts at most once. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function takesKey(url: string): boolean {
  return !url.startsWith(AUTH_PATH) && !KEYLESS_PATHS.includes(url);
}

async function readBody(answer: Response, signal: AbortSignal | null | undefined): Promise<unknown> {
  try {
    return await answer.json();
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }
    throw new UnreachableError(error); // it broke off
  }
}

async function fetchOnce(url: string, request: RequestInit): Promise<Response> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const signal = request.signal ? AbortSignal.any([request.signal, patience]) : patience;
  try {
    return await fetch(url, { ...request, signal, credentials: "same-origin" });
  } catch (error) {
    if (request.signal?.aborted) {
      throw error; // nobody waits for it any more
    }
    throw new UnreachableError(error);
  }
}
