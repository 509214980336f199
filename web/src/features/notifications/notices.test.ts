import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { noticePageOf } from "../../testing/notices";
import { json, refusal, type SentRequest, serve } from "../../testing/service";
import { unreadQuery } from "./notices";

const MINUTE_MS = 60_000;

let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Show what is unread, of a service that answers like this. */
async function show(answer: () => Response): Promise<readonly SentRequest[]> {
  const requests = serve(answer);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  stop = new QueryObserver(client, unreadQuery).subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
  return requests;
}

describe("what is unread", () => {
  test("is asked for again every minute until the service answers, and no more then", async () => {
    let isUp = false;
    const requests = await show(() => (isUp ? json(noticePageOf([])) : refusal(503)));
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(requests).toHaveLength(2);
    isUp = true;
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS);
    expect(requests).toHaveLength(3);
  });

  test("is asked for once where the service answers", async () => {
    const requests = await show(() => json(noticePageOf([])));
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS);
    expect(requests).toHaveLength(1);
  });
});
