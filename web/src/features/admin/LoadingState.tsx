import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { ApiProblem } from "../../api/problem";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { profileQuery } from "../session/profile";

/** What TanStack Query tells of something that is loaded. */
interface Loaded {
  readonly data: unknown;
  readonly error: Error | null;
  readonly fetchStatus: "fetching" | "paused" | "idle";
  readonly refetch: () => unknown;
}

interface Props {
  readonly query: Loaded;
  readonly words: { readonly loading: string; readonly failed: string };
  /** How tall each part will be that is on its way, in pixels. */
  readonly heights: readonly number[];
  readonly children: ReactNode;
}

/** Shows what was loaded, and until then, or where that fails, what there is to say of it. */
export function LoadingState({ query, words, heights, children }: Props) {
  useRoleAgain(query.error);
  if (query.data !== undefined) {
    return children;
  }
  if (query.fetchStatus === "paused") {
    return <Text role="alert">{en.admin.offlineUnknown}</Text>;
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
      {heights.map((height, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: They are all alike, and stay in their places.
        <Skeleton key={index} height={height} />
      ))}
    </Stack>
  );
}

/** Look who one is again when the service refuses what is for administrators: one may not be one any more. */
function useRoleAgain(error: Error | null): void {
  const client = useQueryClient();
  const isRefused = error instanceof ApiProblem && error.status === 403;
  useEffect(() => {
    if (isRefused) {
      void client.invalidateQueries({ queryKey: profileQuery.queryKey });
    }
  }, [client, isRefused]);
}
