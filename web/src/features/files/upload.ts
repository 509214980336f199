import type { ImportOut } from "../../api/generated/taskfleet.schemas";
import { problemOf, UnreachableError } from "../../api/problem";
import { noticeEnd, refreshSession } from "../../api/session";

/** Twice as long as the service takes for anything; each piece that gets through begins it anew. */
const SILENCE_MS = 30_000;

/** A file on its way. */
export interface Outgoing {
  readonly url: string;
  readonly file: File;
  readonly mediaType: string;
  /** Under which the service imports it once, however often it is sent. */
  readonly key: string;
  readonly signal: AbortSignal;
  /** Hears how much of the file is sent, from 0 to 1. */
  readonly onShare: (share: number) => void;
}

/** The account is busy with an import: this one, sent before, or another. */
export class UnderWayError extends Error {
  readonly importId: string | undefined;

  constructor(importId: string | undefined) {
    super("An import is under way.");
    this.name = "UnderWayError";
    this.importId = importId;
  }
}

/** The file is no longer what was chosen: moved, changed or not to be read. */
export class LostFileError extends Error {
  constructor(cause: unknown) {
    super("The file cannot be read.", { cause });
    this.name = "LostFileError";
  }
}

/**
 * Send a file, and return what the service says about its import, which may be under way.
 *
 * Rejects with `ApiProblem`, `UnreachableError`, `UnderWayError` or `LostFileError`.
 */
export async function upload(outgoing: Outgoing): Promise<ImportOut> {
  const sentAt = Date.now();
  let answer = await uploadOnce(outgoing);
  if (answer.status === 401) {
    try {
      await refreshSession(sentAt);
    } catch (error) {
      noticeEnd(error);
      throw error;
    }
    answer = await uploadOnce(outgoing);
  }
  if (answer.ok) {
    return answer.json();
  }
  const problem = await problemOf(answer);
  noticeEnd(problem);
  throw problem.type.endsWith("/import-under-way")
    ? new UnderWayError(answer.headers.get("Location")?.split("/").at(-1))
    : problem;
}

/** Send it once: by XMLHttpRequest, as `fetch` does not tell how much has been sent. */
async function uploadOnce({ url, file, mediaType, key, signal, onShare }: Outgoing): Promise<Response> {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch (error) {
    throw new LostFileError(error);
  }
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer: number | undefined;
    const listen = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => request.abort(), SILENCE_MS);
    };
    const end = () => {
      window.clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    };
    const cancel = () => request.abort();
    const fail = () => {
      end();
      reject(signal.aborted ? signal.reason : new UnreachableError(undefined));
    };
    request.upload.onprogress = ({ loaded, total }) => {
      listen();
      onShare(total > 0 ? loaded / total : 1);
    };
    request.onload = () => {
      end();
      resolve(new Response(request.responseText, { status: request.status, headers: headersOf(request) }));
    };
    request.onerror = fail;
    request.onabort = fail;
    signal.addEventListener("abort", cancel);
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", mediaType);
    request.setRequestHeader("Idempotency-Key", key);
    listen();
    // With the file's own type it would be sent as that.
    request.send(file.slice(0, file.size, mediaType));
  });
}

function headersOf(request: XMLHttpRequest): Headers {
  const headers = new Headers();
  for (const name of ["Location", "Retry-After"]) {
    const value = request.getResponseHeader(name);
    if (value !== null) {
      headers.set(name, value);
    }
  }
  return headers;
}
