import { deleteList, updateList } from "../../api/generated/taskfleet";
import type { ListOut, ListPatch } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";

/** One change of a list. */
export interface ListChange {
  /** The list as it was when somebody decided on the change. */
  readonly seen: ListOut;
  /** What is to be different; missing where the list is deleted. */
  readonly patch?: ListPatch;
}

/** Return the lists as changes leave them that are under way. */
export function withChanges(lists: readonly ListOut[], changes: readonly ListChange[]): readonly ListOut[] {
  return changes.reduce<readonly ListOut[]>(
    (present, { seen, patch }) =>
      present.flatMap((list) => (list.id !== seen.id ? list : patch ? withPatch(list, patch) : [])),
    lists,
  );
}

/** Return the version of a list that stands in a change's way, if that is what the error is about. */
export function currentListOf(error: unknown): ListOut | undefined {
  return error instanceof ApiProblem && error.status === 412
    ? (error.document.current as ListOut | undefined)
    : undefined;
}

/** What this window's own changes made of versions that it knew: changes in a row are no conflict with oneself. */
const successors = new Map<string, number>();

/**
 * Make a change, if the list is still what was seen; returns the list as it is then, undefined when it is gone.
 *
 * What was changed elsewhere is no conflict as long as it was something else. Rejects with 412 where it is one.
 */
export async function sendListChange({ seen, patch }: ListChange): Promise<ListOut | undefined> {
  return patch === undefined ? sendDeletion(seen) : sendPatch(seen, patch);
}

async function sendPatch(seen: ListOut, patch: ListPatch): Promise<ListOut> {
  const revision = latestOwn(seen);
  try {
    const changed = await updateList(seen.id, patch, ifMatch(revision));
    if (changed.revision > revision) {
      successors.set(`${seen.id} ${revision}`, changed.revision);
    }
    return changed;
  } catch (error) {
    const current = currentListOf(error);
    if (current === undefined) {
      throw error;
    }
    if (namesOf(patch).every((name) => current[name] === patch[name])) {
      return current; // the answer to an earlier try was lost, or somebody else wanted the same
    }
    if (namesOf(patch).every((name) => current[name] === seen[name])) {
      return sendPatch(current, patch);
    }
    throw error;
  }
}

async function sendDeletion(seen: ListOut): Promise<undefined> {
  try {
    await deleteList(seen.id, ifMatch(latestOwn(seen)));
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 404)) {
      throw error; // gone is what it was to be
    }
  }
}

function latestOwn(list: ListOut): number {
  let revision = list.revision;
  for (
    let next = successors.get(`${list.id} ${revision}`);
    next !== undefined;
    next = successors.get(`${list.id} ${next}`)
  ) {
    revision = next;
  }
  return revision;
}

function ifMatch(revision: number): RequestInit {
  return { headers: { "If-Match": `"${revision}"` } };
}

/** Return a list as a merge patch (RFC 7396) leaves it. */
function withPatch(list: ListOut, patch: ListPatch): ListOut {
  return { ...list, ...(patch as Partial<ListOut>) };
}

function namesOf(patch: ListPatch): (keyof ListPatch)[] {
  return Object.keys(patch) as (keyof ListPatch)[];
}
