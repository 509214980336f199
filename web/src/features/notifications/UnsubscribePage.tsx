import { Button, Center, Paper, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { unsubscribe } from "../../api/generated/taskfleet";
import type { Unsubscribed } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";
import { mayRetry, retryDelay } from "../../api/retry";
import { describeFailure } from "../../words/failure";
import { notificationWords } from "../../words/notifications";
import { useFocusHere } from "../settings/use-focus-here";

const words = notificationWords.unsubscribe;
const kinds = notificationWords.settingsPage.channels.kinds;
const JSON_BODY = { headers: { "Content-Type": "application/json" } };

/** Where the link of a mail leads, whoever is signed in: it asks first, because programs open links, too. */
export function UnsubscribePage({ token }: { readonly token: string | undefined }) {
  const leave = useMutation({
    // The route takes forms of mail programs, too, so that the type has to be said.
    mutationFn: (text: string) => unsubscribe({ token: text }, undefined, JSON_BODY),
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
  });
  const isInvalid =
    leave.error instanceof ApiProblem && leave.error.status < 500 && leave.error.status !== 429;
  return (
    <Center component="main" mih="100dvh" p="lg">
      <Paper w="100%" maw={400}>
        <Stack gap="lg">
          <Title order={1} size="h3">
            {words.title}
          </Title>
          {token === undefined || isInvalid ? (
            <Text role={isInvalid ? "alert" : undefined}>{isInvalid ? words.invalid : words.noToken}</Text>
          ) : leave.isSuccess ? (
            <Done kind={leave.data.kind} />
          ) : (
            <>
              <Text>{words.question}</Text>
              {leave.isError && (
                <Text c="var(--overdue)" role="alert">
                  {describeFailure(leave.error)}
                </Text>
              )}
              <Button loading={leave.isPending} onClick={() => leave.mutate(token)}>
                {words.confirm}
              </Button>
            </>
          )}
          {(token === undefined || isInvalid || leave.isSuccess) && (
            // Another page: whoever is not signed in begins there.
            <Button component="a" variant="default" href="/settings/notifications">
              {words.toSettings}
            </Button>
          )}
        </Stack>
      </Paper>
    </Center>
  );
}

function Done({ kind }: Pick<Unsubscribed, "kind">) {
  const here = useFocusHere<HTMLDivElement>();
  return (
    <div ref={here} tabIndex={-1} className="shown-once" role="status">
      <Text fw={600}>
        {kind in kinds ? words.doneWith(kinds[kind as keyof typeof kinds].name) : words.done}
      </Text>
      <Text>{words.doneHint}</Text>
    </div>
  );
}
