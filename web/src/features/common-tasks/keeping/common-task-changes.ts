import { createCommonTask, deleteCommonTask, updateCommonTask } from "../../../api/generated/taskfleet";
import type {
  CommonTaskDraft,
  CommonTaskOut,
  CommonTaskPatch,
} from "../../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../../api/problem";
import { positionBetween } from "./position";

/** One change of the common tasks; `seen` is the one as it was when somebody decided on it. */
export type CommonTaskChange =
  | { readonly kind: "create"; readonly draft: CommonTaskDraft; readonly key: string }
  | { readonly kind: "update"; readonly seen: CommonTaskOut; readonly patch: CommonTaskPatch }
  | { readonly kind: "delete"; readonly seen: CommonTaskOut };

/** Return the version that stands in a change's way, if that is what the error is about. */
export function currentCommonTaskOf(error: unknown): CommonTaskOut | undefined {
  return error instanceof ApiProblem && error.status === 412
    ? (error.document.current as CommonTaskOut | undefined)
    : undefined;
}

/** Whether an error says that there is no such common task any more. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

/** Make a change; returns the common task as it is then, undefined when it is gone. Rejects with 412 in a conflict. */
export async function sendCommonTaskChange(change: CommonTaskChange): Promise<CommonTaskOut | undefined> {
  switch (change.kind) {
    case "create":
      return createCommonTask(change.draft, { headers: { "Idempotency-Key": change.key } });
    case "update":
      return sendUpdate(change.seen, change.patch);
    case "delete":
      return sendDeletion(change.seen);
  }
}

async function sendUpdate(seen: CommonTaskOut, patch: CommonTaskPatch): Promise<CommonTaskOut> {
  let { revision } = seen;
  for (;;) {
    try {
      return await updateCommonTask(seen.id, patch, ifMatch(revision));
    } catch (error) {
      const current = currentCommonTaskOf(error);
      if (current === undefined) {
        throw error;
      }
      const names = namesOf(patch);
      if (names.every((name) => isSame(current[name], patch[name]))) {
        return current; // the answer to an earlier try was lost, or somebody else wanted the same
      }
      if (current.revision === revision || names.some((name) => !isSame(current[name], seen[name]))) {
        throw error;
      }
      revision = current.revision; // what differs is none of this change's business
    }
  }
}

async function sendDeletion(seen: CommonTaskOut): Promise<undefined> {
  try {
    await deleteCommonTask(seen.id, ifMatch(seen.revision));
  } catch (error) {
    if (!isGone(error)) {
      throw error; // gone is what it was to be
    }
  }
}

/** Return all common tasks with one as it is now, or without it, in their order. */
export function withCommonTask(
  commonTasks: readonly CommonTaskOut[],
  id: string,
  present: CommonTaskOut | undefined,
): CommonTaskOut[] {
  const others = commonTasks.filter((other) => other.id !== id);
  return present === undefined ? others : [...others, present].sort(compareCommonTasks);
}

/** Return the position that moves one so many places down, or up; undefined where it is at that end. */
export function positionBeyond(
  commonTasks: readonly CommonTaskOut[],
  id: string,
  places: -1 | 1,
): string | undefined {
  const from = commonTasks.findIndex((other) => other.id === id);
  const neighbour = commonTasks[from + places];
  if (from === -1 || neighbour === undefined) {
    return undefined;
  }
  if (places === 1) {
    // Two that were moved at the same moment may stand at one position.
    const after = commonTasks.find(({ position }) => position > neighbour.position);
    return positionBetween(neighbour.position, after?.position);
  }
  const before = commonTasks.findLast(({ position }) => position < neighbour.position);
  return positionBetween(before?.position, neighbour.position);
}

/** Return what of a common task somebody wants otherwise. */
export function patchTo(seen: CommonTaskOut, wanted: Partial<CommonTaskDraft>): CommonTaskPatch {
  return Object.fromEntries(
    namesOf(wanted)
      .filter((name) => !isSame(wanted[name], seen[name]))
      .map((name) => [name, wanted[name]]),
  );
}

function compareCommonTasks(one: CommonTaskOut, other: CommonTaskOut): number {
  const [first, second] =
    one.position === other.position ? [one.id, other.id] : [one.position, other.position];
  return first < second ? -1 : 1;
}

function namesOf<Fields extends object>(fields: Fields): (keyof Fields)[] {
  return Object.keys(fields) as (keyof Fields)[];
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function ifMatch(revision: number): RequestInit {
  return { headers: { "If-Match": `"${revision}"` } };
}
