import { Button, Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { en } from "../words/en";
import { describeFailure } from "../words/failure";

/** What TanStack Query tells of something that is loaded. */
interface Loaded {
  readonly data: unknown;
  readonly error: Error | null;
  readonly fetchStatus: "fetching" | "paused" | "idle";
  readonly refetch: () => unknown;
}

export interface LoadingStateProps {
  readonly query: Loaded;
  readonly words: { readonly loading: string; readonly failed: string };
  /** How tall each part will be that is on its way, in pixels. */
  readonly heights: readonly number[];
  readonly children: ReactNode;
}

/** Shows what was loaded, and until then, or where that fails, what there is to say of it. */
export function LoadingState({ query, words, heights, children }: LoadingStateProps) {
  if (query.data !== undefined) {
    return children;
  }
  if (query.fetchStatus === "paused") {
    return <Text role="alert">{en.list.offlineUnknown}</Text>;
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
