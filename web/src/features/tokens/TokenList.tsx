import { Button, Skeleton, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { Section } from "../settings/Section";
import { Token } from "./Token";
import { tokensQuery } from "./tokens";

const words = en.tokens;

/** The tokens that there are. */
export function TokenList() {
  const tokens = useInfiniteQuery(tokensQuery);
  const list = useRef<HTMLUListElement>(null);
  const items = tokens.data?.pages.flatMap((page) => page.items) ?? [];
  const isOffline = tokens.isPending && tokens.fetchStatus === "paused";
  return (
    <Section title={words.list}>
      {isOffline && <Text role="alert">{words.offline}</Text>}
      {tokens.isPending && !isOffline && <Skeleton height={56} role="status" aria-label={words.loading} />}
      {tokens.isError && (
        <Text role="alert">
          {words.failed} {describeFailure(tokens.error)}{" "}
          <Button variant="subtle" size="compact-sm" onClick={() => void tokens.refetch()}>
            {en.list.retry}
          </Button>
        </Text>
      )}
      {tokens.isSuccess && items.length === 0 && <Text c="dimmed">{words.empty}</Text>}
      <ul className="devices" ref={list} tabIndex={-1} aria-label={words.list} hidden={items.length === 0}>
        {items.map((token) => (
          <Token
            key={token.id}
            token={token}
            // The button goes with its line; the focus must not go with both.
            onRevoked={() => list.current?.focus()}
          />
        ))}
      </ul>
      {tokens.hasNextPage && (
        <div>
          <Button
            variant="default"
            loading={tokens.isFetchingNextPage}
            onClick={() => void tokens.fetchNextPage()}
          >
            {words.more}
          </Button>
        </div>
      )}
    </Section>
  );
}
