import { queryOptions } from "@tanstack/react-query";
import { getCalendarFeed, revokeCalendarFeed } from "../../api/generated/taskfleet";
import type { CalendarFeedOut } from "../../api/generated/taskfleet.schemas";
import { ApiProblem, UnreachableError } from "../../api/problem";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";

/** The user's calendar feed, without its address; null where there is none. */
export const feedQuery = queryOptions({
  queryKey: ["calendar-feed"],
  queryFn: async ({ signal }): Promise<CalendarFeedOut | null> =>
    nullIfMissing(() => getCalendarFeed({ signal })),
});

/** End the feed; that there is none is what was wanted. */
export async function endFeed(): Promise<void> {
  await nullIfMissing(() => revokeCalendarFeed());
}

/** Say why there is no new address, or why nobody can tell. */
export function describeRefusal(error: unknown): string {
  return error instanceof UnreachableError && navigator.onLine
    ? en.calendarFeed.uncertain
    : describeFailure(error);
}

/** Return the address by which a device opens its own calendar program. */
export function webcalOf(url: string): string {
  return url.replace(/^https?:/, "webcal:");
}

async function nullIfMissing<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) {
      return null;
    }
    throw error;
  }
}
