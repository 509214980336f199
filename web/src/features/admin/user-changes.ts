import { useMutation, useQueryClient } from "@tanstack/react-query";
import { endSessionsOfUser, getGetUserUrl, getUpdateUserUrl } from "../../api/generated/taskfleet";
import type { ManagedUserPatch, UserDetailsOut } from "../../api/generated/taskfleet.schemas";
import { sendTagged, type Tagged } from "../../api/http";
import { ApiProblem } from "../../api/problem";
import { mayRetry, retryDelay } from "../../api/retry";
import { profileQuery } from "../session/profile";
import { ADMIN_KEY, userQuery } from "./admin-queries";

/** Whoever is at work moves on a few times while one change is under way, not more. */
const MAX_TRIES = 5;

/** What is done to a user: another role or state, or the end of the sessions. */
export type UserAct =
  | { readonly kind: "patch"; readonly patch: ManagedUserPatch }
  | { readonly kind: "end-sessions" };

/** Return what a user is by now, if that is what stands in a change's way. */
export function currentUserOf(error: unknown): UserDetailsOut | undefined {
  return error instanceof ApiProblem && error.status === 412
    ? (error.document.current as UserDetailsOut | undefined)
    : undefined;
}

/** Whether a change was refused because somebody has to be an administrator. */
export function isLastAdmin(error: unknown): boolean {
  return error instanceof ApiProblem && error.type.endsWith("/last-admin");
}

/**
 * Change role or state of a user, if they are still what was seen. Rejects with 412 where they are not.
 *
 * The ETag covers when the user was last seen, too, which is no reason not to change the role.
 */
export async function changeUser(
  seen: Tagged<UserDetailsOut>,
  patch: ManagedUserPatch,
): Promise<Tagged<UserDetailsOut>> {
  const { id } = seen.body;
  let { etag } = seen;
  for (let tries = 1; ; tries += 1) {
    try {
      return await sendTagged<UserDetailsOut>(getUpdateUserUrl(id), {
        method: "PATCH",
        headers: { "Content-Type": "application/json", ...(etag !== null && { "If-Match": etag }) },
        body: JSON.stringify(patch),
      });
    } catch (error) {
      const current = currentUserOf(error);
      if (current === undefined || tries === MAX_TRIES) {
        throw error;
      }
      const fresh = await sendTagged<UserDetailsOut>(getGetUserUrl(id));
      if (isAs(fresh.body, patch)) {
        return fresh; // the answer to an earlier try was lost, or somebody else wanted the same
      }
      if (!isAs(current, stateOf(seen.body)) || !isAs(fresh.body, stateOf(seen.body))) {
        throw error;
      }
      etag = fresh.etag;
    }
  }
}

/** Do something to a user. What is shown follows when the service has done it. */
export function useUserAct(userId: string) {
  const client = useQueryClient();
  const { queryKey } = userQuery(userId);
  return useMutation({
    mutationKey: ["user-act"],
    mutationFn: async (act: UserAct) => {
      if (act.kind === "end-sessions") {
        await endSessionsOfUser(userId);
        return;
      }
      const changed = await changeUser(await client.ensureQueryData(userQuery(userId)), act.patch);
      await client.cancelQueries({ queryKey });
      client.setQueryData(queryKey, changed);
    },
    // Without a network it fails at once and says so, instead of waiting for one.
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: [ADMIN_KEY] });
      if (client.getQueryData(profileQuery.queryKey)?.id === userId) {
        void client.invalidateQueries({ queryKey: profileQuery.queryKey });
      }
    },
    onError: async (error: Error) => {
      if (currentUserOf(error) !== undefined) {
        // What is confirmed again is a change of the newer version.
        await client.invalidateQueries({ queryKey });
      }
    },
  });
}

function stateOf({ role, disabled }: UserDetailsOut): ManagedUserPatch {
  return { role, disabled };
}

function isAs(user: UserDetailsOut, patch: ManagedUserPatch): boolean {
  return (
    (patch.role === undefined || patch.role === user.role) &&
    (patch.disabled === undefined || patch.disabled === user.disabled)
  );
}
