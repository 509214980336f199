import { isOfKey } from "../features/notifications/push-key";
import type { ChangeEventLike, WorkerScope } from "./worker-scope";

const SUBSCRIPTIONS = "/api/v1/me/push-subscriptions";

/**
 * Subscribe anew when the browser has ended a subscription by itself, and tell the service.
 *
 * What fails here is made good when the app is opened (`keepPush`): nobody is there to be told.
 */
export async function renewSubscription(
  scope: WorkerScope,
  { oldSubscription }: ChangeEventLike,
): Promise<void> {
  const subscription = await subscribe(scope, oldSubscription);
  const answer = await fetchSignedIn(SUBSCRIPTIONS, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(subscription),
  });
  const former = oldSubscription?.endpoint;
  if (answer.ok && former !== undefined && former !== subscription.endpoint) {
    await fetchSignedIn(`${SUBSCRIPTIONS}?${new URLSearchParams({ endpoint: former })}`, {
      method: "DELETE",
    });
  }
}

/** Subscribe under the service's key, which need not be the former one any more: nothing reaches what is of another. */
async function subscribe(
  { registration: { pushManager } }: WorkerScope,
  former: PushSubscription | null | undefined,
): Promise<PushSubscription> {
  const key = await findKey();
  const present = await pushManager.getSubscription();
  if (present !== null && (key === undefined || isOfKey(present, key))) {
    return present;
  }
  const applicationServerKey = key ?? former?.options.applicationServerKey ?? undefined;
  if (applicationServerKey === undefined) {
    throw new Error("There is no key to subscribe with."); // some browsers would do without
  }
  await present?.unsubscribe(); // or the browser refuses another key
  return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

/** The service's key; undefined where it cannot be had. */
async function findKey(): Promise<string | undefined> {
  try {
    const answer = await fetch("/api/v1/push/public-key");
    const { public_key } = (await answer.json()) as { readonly public_key?: string };
    return public_key;
  } catch {
    return undefined;
  }
}

/** Send a request, with a new access token where the one in the cookies has expired. */
async function fetchSignedIn(url: string, options: RequestInit): Promise<Response> {
  const answer = await fetch(url, options);
  if (answer.status !== 401) {
    return answer;
  }
  await fetch("/api/v1/auth/refresh", { method: "POST" });
  return fetch(url, options);
}
