import { Button, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { en } from "../../../words/en";
import { describeFailure } from "../../../words/failure";
import { notificationWords } from "../../../words/notifications";
import { profileQuery } from "../../session/profile";
import { SettingsSubpage } from "../../settings/SettingsSubpage";
import { usePreferences, usePreferencesChange } from "../preferences";
import { ChannelsSection } from "./ChannelsSection";
import { PushSection } from "./PushSection";
import { TimesSection } from "./TimesSection";
import "./notification-settings.css";

const words = notificationWords.settingsPage;

/** By which channels the user is told of what, and when not. */
export function NotificationsPage() {
  const profile = useQuery(profileQuery).data;
  const { query, preferences } = usePreferences();
  const change = usePreferencesChange();
  const isOffline = query.isPending && query.fetchStatus === "paused";
  return (
    <SettingsSubpage title={words.title} hint={words.hint}>
      {isOffline && <Text role="alert">{words.offline}</Text>}
      {query.isPending && !isOffline && (
        <Skeleton height={240} mt="lg" role="status" aria-label={words.loading} />
      )}
      {query.isError && preferences === undefined && (
        <Text role="alert">
          {words.failed} {describeFailure(query.error)}{" "}
          <Button variant="subtle" size="compact-sm" onClick={() => void query.refetch()}>
            {en.list.retry}
          </Button>
        </Text>
      )}
      {change.isError && (
        <Text c="var(--overdue)" mt="sm" role="alert">
          {words.notSaved(describeFailure(change.error))}
        </Text>
      )}
      {preferences && profile && (
        <>
          <ChannelsSection channels={preferences.channels} onChange={change.mutate} />
          <TimesSection preferences={preferences} timezone={profile.timezone} onChange={change.mutate} />
        </>
      )}
      {profile && <PushSection userId={profile.id} />}
    </SettingsSubpage>
  );
}
