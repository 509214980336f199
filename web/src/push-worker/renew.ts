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
  const key = oldSubscription?.options.applicationServerKey ?? (await findKey());
  const subscription =
    (await scope.registration.pushManager.getSubscription()) ??
    (await scope.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
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

async function findKey(): Promise<string> {
  const answer = await fetchSignedIn("/api/v1/push/public-key", {});
  const { public_key } = (await answer.json()) as { readonly public_key: string };
  return public_key;
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
