import { Button, CloseButton, Group, Paper, Stack, Text } from "@mantine/core";
import { lazy, Suspense } from "react";
import { ApiProblem } from "../../api/problem";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { restoreDraft } from "./draft";
import { currentIn } from "./outbox";
import { useOutbox, useOutboxState } from "./outbox-context";
import type { RefusedChange } from "./record-keeper";
import { titleOf } from "./task-changes";

// Conflicts are rare, and tables large.
const Versions = lazy(async () => ({ default: (await import("./Versions")).Versions }));

const words = en.refused;

interface Props {
  /** The user's day. */
  readonly today: string;
}

/** What the service refused, each with the reason and a way on, until somebody has chosen. */
export function RefusedChanges({ today }: Props) {
  const { refused } = useOutboxState();
  return refused.map((one) => <Refused key={one.key} refused={one} today={today} />);
}

function Refused({ refused, today }: Props & { readonly refused: RefusedChange }) {
  const outbox = useOutbox();
  const { change } = refused;
  const current = refused.problem && currentIn(refused.problem);
  const isConflict = change.kind === "update" && current !== undefined;
  const drop = () => outbox.drop(refused);
  return (
    <Paper shadow="md" withBorder px="lg" py="sm" w={480} maw="calc(100% - 32px)" role="alert">
      <Stack gap="sm">
        <Group gap="md" wrap="nowrap" justify="space-between" align="start">
          <Text size="sm" c="red">
            {isConflict ? words.conflict(change.task.title) : explain(refused)}
          </Text>
          <CloseButton size="sm" aria-label={en.undo.dismiss} onClick={drop} />
        </Group>
        {isConflict && (
          <Suspense>
            <Versions change={change} current={current} today={today} />
          </Suspense>
        )}
        <Group gap="sm">
          {isConflict ? (
            <>
              <Button size="compact-sm" onClick={() => outbox.insist(refused)}>
                {words.useMine}
              </Button>
              <Button size="compact-sm" variant="default" onClick={drop}>
                {words.keepTheirs}
              </Button>
            </>
          ) : (
            <Button size="compact-sm" variant="default" onClick={() => outbox.insist(refused)}>
              {words.again}
            </Button>
          )}
          {change.kind === "create" && (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => {
                if (restoreDraft(change.typed ?? change.draft.title)) {
                  drop();
                }
              }}
            >
              {words.edit}
            </Button>
          )}
        </Group>
      </Stack>
    </Paper>
  );
}

function explain({ change, problem }: RefusedChange): string {
  const reason = describeFailure(problem && new ApiProblem(problem.status, problem.document));
  const title = titleOf(change);
  return change.kind === "create" ? words.creation(title, reason) : words.title(title, reason);
}
