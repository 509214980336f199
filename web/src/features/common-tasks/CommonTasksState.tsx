import { Button, Skeleton, Stack, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { CommonTaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { type Paging, ROW_HEIGHT } from "../tasks/VirtualRows";

const words = en.commonTasks;

/** The catalogue comes as one answer. */
export const ALL_LOADED: Paging = {
  hasNextPage: false,
  isFetchingNextPage: false,
  fetchNextPage: () => undefined,
};

interface Props {
  readonly query: UseQueryResult<readonly CommonTaskOut[]>;
  readonly children: ReactNode;
}

/** Shows the common tasks when they are here, and otherwise what there is to say of them. */
export function CommonTasksState({ query, children }: Props) {
  if (query.data !== undefined) {
    return children;
  }
  if (query.fetchStatus === "paused") {
    return <Text role="alert">{words.offlineUnknown}</Text>;
  }
  if (query.error !== null) {
    return (
      <Text role="alert">
        {words.failed} {describeFailure(query.error)}{" "}
        <Button variant="subtle" size="compact-sm" onClick={() => void query.refetch()}>
          {en.list.retry}
        </Button>
      </Text>
    );
  }
  return (
    <Stack gap="sm" role="status" aria-label={words.loading}>
      {["a", "b", "c", "d", "e", "f"].map((key) => (
        <Skeleton key={key} height={ROW_HEIGHT - 8} />
      ))}
    </Stack>
  );
}
