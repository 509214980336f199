import { Button, Group, Text } from "@mantine/core";
import { type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { CalendarFeedOut } from "../../api/generated/taskfleet.schemas";
import { Confirmation } from "../../dialogs/Confirmation";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { describeRefusal, endFeed, feedQuery } from "./feed";

const words = en.calendarFeed;

interface Props {
  readonly feed: CalendarFeedOut | null;
  readonly renewal: UseMutationResult<void, Error, void>;
}

/** Whether there is an address, and what can be done about it. */
export function FeedState({ feed, renewal }: Props) {
  const client = useQueryClient();
  const locale = useLocale();
  const [question, setQuestion] = useState<"renew" | "revoke">();
  const revocation = useMutation({
    mutationFn: endFeed,
    networkMode: "always",
    onSuccess: () => {
      setQuestion(undefined);
      client.setQueryData(feedQuery.queryKey, null);
    },
  });
  const cancel = () => {
    setQuestion(undefined);
    renewal.reset();
    revocation.reset();
  };
  const refusal = renewal.isError && (
    <Text size="sm" c="var(--overdue)" role="alert">
      {describeRefusal(renewal.error)}
    </Text>
  );
  return (
    <>
      <Text>
        {feed === null
          ? words.none
          : words.made(
              new Intl.DateTimeFormat(locale, { dateStyle: "long" }).format(new Date(feed.created_at)),
            )}
      </Text>
      {question === undefined && refusal}
      <Group gap="sm">
        {feed === null ? (
          <Button loading={renewal.isPending} onClick={() => renewal.mutate()}>
            {words.make}
          </Button>
        ) : (
          <>
            <Button variant="default" onClick={() => setQuestion("renew")}>
              {words.renew}
            </Button>
            <Button variant="default" c="var(--overdue)" onClick={() => setQuestion("revoke")}>
              {words.revoke}
            </Button>
          </>
        )}
      </Group>
      <Confirmation
        isOpen={question === "renew"}
        title={words.renewTitle}
        action={words.renewConfirm}
        isPending={renewal.isPending}
        onConfirm={() => renewal.mutate()}
        onCancel={cancel}
      >
        <Text size="sm">{words.renewMeaning}</Text>
        {refusal}
      </Confirmation>
      <Confirmation
        isOpen={question === "revoke"}
        title={words.revokeTitle}
        action={words.revokeConfirm}
        isPending={revocation.isPending}
        error={revocation.error}
        onConfirm={() => revocation.mutate()}
        onCancel={cancel}
      >
        <Text size="sm">{words.revokeMeaning}</Text>
      </Confirmation>
    </>
  );
}
