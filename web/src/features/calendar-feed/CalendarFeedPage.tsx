import { Button, Skeleton, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { renewCalendarFeed } from "../../api/generated/taskfleet";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { Section } from "../settings/Section";
import { SettingsSubpage } from "../settings/SettingsSubpage";
import { useShownOnce } from "../settings/shown-once";
import { FeedAddress } from "./FeedAddress";
import { FeedState } from "./FeedState";
import { feedQuery } from "./feed";

const words = en.calendarFeed;

/** The address by which calendars subscribe to one's tasks. */
export function CalendarFeedPage() {
  const client = useQueryClient();
  const feed = useQuery(feedQuery);
  const { shown, show, forget } = useShownOnce<string>();
  const renewal = useMutation({
    // It returns nothing: what it returned would be kept for minutes, and there is a secret in it.
    mutationFn: async () => show((await renewCalendarFeed()).url),
    networkMode: "always",
    onSettled: () => client.invalidateQueries({ queryKey: feedQuery.queryKey }),
  });
  const isOffline = feed.isPending && feed.fetchStatus === "paused";
  return (
    <SettingsSubpage title={words.title} hint={words.hint}>
      <Section title={words.ready}>
        {isOffline && <Text role="alert">{words.offline}</Text>}
        {feed.isPending && !isOffline && <Skeleton height={36} role="status" aria-label={words.loading} />}
        {feed.isError && (
          <Text role="alert">
            {words.failed} {describeFailure(feed.error)}{" "}
            <Button variant="subtle" size="compact-sm" onClick={() => void feed.refetch()}>
              {en.list.retry}
            </Button>
          </Text>
        )}
        {shown !== undefined && <FeedAddress url={shown} onDone={forget} />}
        {shown === undefined && feed.data !== undefined && <FeedState feed={feed.data} renewal={renewal} />}
        <Text size="sm">{words.secret}</Text>
      </Section>
      <Section title={words.shows}>
        <ul className="settings-points">
          {words.contents.map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
      </Section>
    </SettingsSubpage>
  );
}
