import { Button, CloseButton, Group, Paper, Stack, Text } from "@mantine/core";
import { isTransient } from "../../api/retry";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { currentListOf, type ListChange } from "./list-changes";
import { type RefusedListChange, useListChange, useRefusedListChanges } from "./lists";

/** What the service refused to do with lists, each with the reason and a way on, until somebody has seen to it. */
export function RefusedListChanges() {
  return useRefusedListChanges().map((refused) => <Refused key={refused.id} refused={refused} />);
}

function Refused({ refused: { change, error, forget } }: { readonly refused: RefusedListChange }) {
  const make = useListChange();
  const current = currentListOf(error);
  const again = (next: ListChange) => {
    forget();
    make(next);
  };
  return (
    <Paper shadow="md" withBorder px="lg" py="sm" w={480} role="alert">
      <Stack gap="sm">
        <Group gap="md" wrap="nowrap" justify="space-between" align="start">
          <Text size="sm" c="red">
            {explain(change, error)}
          </Text>
          <CloseButton size="sm" aria-label={en.undo.dismiss} onClick={forget} />
        </Group>
        {current !== undefined && change.patch !== undefined && (
          <div>
            <Button size="compact-sm" onClick={() => again({ ...change, seen: current })}>
              {en.refused.useMine}
            </Button>
          </div>
        )}
        {isTransient(error) && (
          <div>
            <Button size="compact-sm" variant="default" onClick={() => again(change)}>
              {en.refused.again}
            </Button>
          </div>
        )}
      </Stack>
    </Paper>
  );
}

function explain({ seen, patch }: ListChange, error: Error): string {
  const current = currentListOf(error);
  const reason = current ? en.keepList.changedElsewhere(current.name) : describeFailure(error);
  return patch?.name
    ? en.keepList.notRenamed(seen.name, patch.name, reason)
    : en.refused.title(seen.name, reason);
}
