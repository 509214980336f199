import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { endSession, listSessions } from "../../api/generated/taskfleet";
import type { SessionPage } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";
import { mayRetry, retryDelay } from "../../api/retry";

const PAGE_SIZE = 20;

/** The user's sessions, the one used last first; asked for each time that they are looked at. */
export const devicesQuery = infiniteQueryOptions({
  queryKey: ["devices"],
  queryFn: ({ pageParam, signal }) => listSessions({ limit: PAGE_SIZE, cursor: pageParam }, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: SessionPage) => page.next_cursor ?? undefined,
});

/** Sign a device out. */
export function useDeviceEnd(deviceId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: ["device-end"],
    mutationFn: () => endDevice(deviceId),
    // Without a network it fails at once and says so, instead of waiting for one.
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSuccess: () => void client.invalidateQueries({ queryKey: devicesQuery.queryKey }),
  });
}

async function endDevice(deviceId: string): Promise<void> {
  try {
    await endSession(deviceId);
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 404)) {
      throw error; // gone is what it was to be
    }
  }
}
