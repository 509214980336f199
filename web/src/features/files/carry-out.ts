import { getImportFileUrl } from "../../api/generated/taskfleet";
import type { ImportOut } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";
import { mayRetry, retryDelay } from "../../api/retry";
import { type FormatName, mediaTypeOf, needsListName } from "./formats";
import { type Outgoing, UnderWayError } from "./upload";

/** How often the service wants to be asked how far it is. */
const POLL_MS = 2_000;

/** What is to be done with a file. */
export interface Order {
  readonly file: File;
  readonly format: FormatName;
  readonly listName: string;
  readonly isDry: boolean;
  readonly key: string;
}

/** What is being done: the file is sent, the service works, or nobody answers. */
export type Stage = "sending" | "working" | "waiting";

/** How far it is; the share goes from 0 to 1 where one can tell. */
export interface Progress {
  readonly stage: Stage;
  readonly share?: number;
}

/** What reaches the service, and lets time pass. */
export interface Means {
  readonly upload: (outgoing: Outgoing) => Promise<ImportOut>;
  readonly read: (importId: string, options: { signal: AbortSignal }) => Promise<ImportOut>;
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Have the service import a file, or tell what would come of it, and return its report.
 *
 * What is interrupted, by whomever, is sent again under the same key, and goes on from there. Rejects with what the
 * service refuses, with `LostFileError`, or with what still fails after several tries.
 */
export async function carryOut(
  order: Order,
  means: Means,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<ImportOut> {
  const follow = (first: ImportOut) => followToEnd(first, means, tell, signal);
  for (let failures = 0; ; ) {
    try {
      const report = await follow(await means.upload(outgoingOf(order, tell, signal)));
      if (report.state === "finished") {
        return report;
      }
      throw report.state === "failed" ? new ApiProblem(422, report.problem ?? {}) : new ApiProblem(503, {});
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UnderWayError) {
        await waitForOther(error.importId, means, follow, signal);
      } else if (mayRetry(failures, error)) {
        tell({ stage: "waiting" });
        await means.pause(retryDelay(failures, error), signal);
        failures += 1;
      } else {
        throw error;
      }
    }
  }
}

function outgoingOf(order: Order, tell: (progress: Progress) => void, signal: AbortSignal): Outgoing {
  const { file, format, listName, isDry, key } = order;
  const named = needsListName(format) ? { list_name: listName } : {};
  return {
    url: getImportFileUrl({ format, dry_run: isDry, ...named }),
    file,
    mediaType: mediaTypeOf(format),
    key,
    signal,
    onShare: (share) => tell(share < 1 ? { stage: "sending", share } : { stage: "working" }),
  };
}

async function followToEnd(
  first: ImportOut,
  means: Means,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<ImportOut> {
  let report = first;
  for (let failures = 0; report.state === "running"; ) {
    tell({ stage: "working", ...shareOf(report) });
    try {
      await means.pause(failures === 0 ? POLL_MS : retryDelay(failures, undefined), signal);
      report = await means.read(report.id, { signal });
      failures = 0;
    } catch (error) {
      signal.throwIfAborted();
      if (!mayRetry(failures, error)) {
        throw error;
      }
      failures += 1;
    }
  }
  return report;
}

function shareOf({ progress }: ImportOut): { share?: number } {
  return progress.bytes_total > 0 ? { share: progress.bytes_read / progress.bytes_total } : {};
}

/** Wait for the import that is under way; whether it was this one the next try tells. */
async function waitForOther(
  importId: string | undefined,
  means: Means,
  follow: (first: ImportOut) => Promise<ImportOut>,
  signal: AbortSignal,
): Promise<void> {
  await means.pause(POLL_MS, signal);
  if (importId !== undefined) {
    try {
      await follow(await means.read(importId, { signal }));
    } catch {
      signal.throwIfAborted(); // nobody can tell; the next try does
    }
  }
}
