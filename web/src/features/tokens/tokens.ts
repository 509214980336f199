import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { listTokens, revokeToken } from "../../api/generated/taskfleet";
import type { TokenOut, TokenPage } from "../../api/generated/taskfleet.schemas";
import { ApiProblem, UnreachableError } from "../../api/problem";
import { mayRetry, retryDelay } from "../../api/retry";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";

export type Scope = TokenOut["scopes"][number];

const PAGE_SIZE = 20;

/** The user's personal tokens, the newest first, without their secrets; asked for each time that they are looked at. */
export const tokensQuery = infiniteQueryOptions({
  queryKey: ["tokens"],
  queryFn: ({ pageParam, signal }) => listTokens({ limit: PAGE_SIZE, cursor: pageParam }, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: TokenPage) => page.next_cursor ?? undefined,
});

/** End a token. */
export function useRevocation(tokenId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => endToken(tokenId),
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
}

async function endToken(tokenId: string): Promise<void> {
  try {
    await revokeToken(tokenId);
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 404)) {
      throw error; // gone is what it was to be
    }
  }
}

/** Say why no token was made, or why nobody can tell. */
export function describeRefusal(error: unknown): string {
  if (error instanceof UnreachableError) {
    return navigator.onLine ? en.tokens.uncertain : describeFailure(error);
  }
  if (error instanceof ApiProblem && error.type.endsWith("/quota-exceeded")) {
    return en.tokens.full;
  }
  return error instanceof ApiProblem && error.status === 403 ? en.tokens.refused : describeFailure(error);
}
