import { useMutation, useQueryClient } from "@tanstack/react-query";
import { updateProfile } from "../../api/generated/taskfleet";
import type { ProfilePatch } from "../../api/generated/taskfleet.schemas";
import { mayRetry, retryDelay } from "../../api/retry";
import { profileQuery } from "./profile";

/**
 * Change the profile. Whoever asks shows what is wanted while it is under way: the profile itself changes when the
 * service has done so, because the tasks of a day are asked for by the service's own idea of it.
 */
export function useProfileChange() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: ["profile-change"],
    mutationFn: (patch: ProfilePatch) => updateProfile(patch),
    scope: { id: "profile-changes" },
    // Without a network it fails at once and says so, instead of waiting for one.
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSuccess: async (profile) => {
      // An answer that is on its way may be older than this one.
      await client.cancelQueries({ queryKey: profileQuery.queryKey });
      client.setQueryData(profileQuery.queryKey, profile);
    },
  });
}
