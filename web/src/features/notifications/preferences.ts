import { queryOptions, useMutation, useMutationState, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { getNotificationSettings, updateNotificationSettings } from "../../api/generated/taskfleet";
import type { PreferencesOut, PreferencesPatch } from "../../api/generated/taskfleet.schemas";
import { mayRetry, retryDelay } from "../../api/retry";

const KEY = ["preferences-change"];

export const KINDS = ["reminder", "digest", "security"] as const;
export const CHANNELS = ["in_app", "email", "push"] as const;
export type Kind = (typeof KINDS)[number];
export type ChannelName = (typeof CHANNELS)[number];

/** What the user has chosen; looked at anew each time, because other devices choose, too. */
export const preferencesQuery = queryOptions({
  queryKey: ["notification-settings"],
  queryFn: ({ signal }) => getNotificationSettings({ signal }),
});

/** What the user has chosen, with the changes that are under way, and how it is with asking for it. */
export function usePreferences() {
  const query = useQuery(preferencesQuery);
  const changes = useMutationState({
    filters: { mutationKey: KEY, status: "pending" },
    select: (mutation) => mutation.state.variables as PreferencesPatch,
  });
  const saved = query.data;
  const preferences = useMemo(() => saved && changes.reduce(withPatch, saved), [saved, changes]);
  return { query, preferences };
}

/** Change what is chosen: shown at once, and taken back where that fails. */
export function usePreferencesChange() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: KEY,
    mutationFn: (patch: PreferencesPatch) => updateNotificationSettings(patch),
    scope: { id: "preferences-changes" },
    // Without a network it fails at once and says so, instead of waiting for one.
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSuccess: async (preferences) => {
      // An answer that is on its way may be older than this one.
      await client.cancelQueries({ queryKey: preferencesQuery.queryKey });
      client.setQueryData(preferencesQuery.queryKey, preferences);
    },
  });
}

/** Return preferences as a merge patch (RFC 7396) leaves them. */
export function withPatch(preferences: PreferencesOut, patch: PreferencesPatch): PreferencesOut {
  return merge(preferences, patch) as PreferencesOut;
}

function merge(present: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) {
    return patch;
  }
  const merged: Record<string, unknown> = { ...(isRecord(present) ? present : {}) };
  for (const [name, value] of Object.entries(patch)) {
    merged[name] = merge(merged[name], value);
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
