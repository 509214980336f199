import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { deletePushSubscription, listPushSubscriptions } from "../../api/generated/taskfleet";
import { ApiProblem } from "../../api/problem";
import { mayRetry, retryDelay } from "../../api/retry";
import { readPush, turnPushOff, turnPushOn } from "./push";

/** How it is with pushes to this browser; looked at anew each time, as permissions change outside the page. */
export const pushQuery = queryOptions({
  queryKey: ["push", "here"],
  queryFn: readPush,
  networkMode: "always",
  refetchOnWindowFocus: "always",
});

/** The browsers that pushes go to, the newest first. */
export const pushDevicesQuery = queryOptions({
  queryKey: ["push", "devices"],
  queryFn: async ({ signal }) => (await listPushSubscriptions({ signal })).items,
});

/** Turn pushes to this browser on or off. */
export function usePushSwitch(userId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: ["push-switch"],
    mutationFn: (isOn: boolean) => (isOn ? turnPushOn(userId) : turnPushOff()),
    // Without a network it fails at once and says so, instead of waiting for one.
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSettled: () => client.invalidateQueries({ queryKey: ["push"] }),
  });
}

/** End the pushes to a browser, another one perhaps. */
export function usePushRemoval(subscriptionId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: ["push-removal"],
    mutationFn: () => removeDevice(subscriptionId),
    networkMode: "always",
    retry: mayRetry,
    retryDelay,
    onSuccess: () => client.invalidateQueries({ queryKey: ["push"] }),
  });
}

async function removeDevice(subscriptionId: string): Promise<void> {
  try {
    await deletePushSubscription(subscriptionId);
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 404)) {
      throw error; // gone is what it was to be
    }
  }
}
