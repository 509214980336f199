import {
  getPushKey,
  listPushSubscriptions,
  subscribeToPushes,
  unsubscribeFromPushes,
} from "../../api/generated/taskfleet";
import type { SubscriptionDraft } from "../../api/generated/taskfleet.schemas";
import { ApiProblem } from "../../api/problem";
import { within } from "../../device/deadline";
import { isOfKey } from "./push-key";
import { forgetPushMark, isPushSignedOut, notePush, pushMark } from "./push-mark";

/** What this browser and the service make possible. */
export type PushState =
  | { readonly kind: "unsupported" | "denied" | "unavailable" | "off" }
  | { readonly kind: "on"; readonly endpoint: string };

/** A worker that is not there by then never will be: the browser allows none, or the page is Vite's own. */
const WORKER_PATIENCE_MS = 3_000;
/** Leaving waits no longer: what the browser does not end ends with the session. */
const LEAVING_PATIENCE_MS = 2_000;

/** The browser did not get through to its push service. */
export class PushServiceError extends Error {
  constructor(cause: unknown) {
    super("The push service cannot be reached.", { cause });
    this.name = "PushServiceError";
  }
}

/** Find out how it is with pushes to this browser. Rejects when the service cannot be asked. */
export async function readPush(): Promise<PushState> {
  if (!isSupported()) {
    return { kind: "unsupported" };
  }
  if ((await findKey()) === undefined) {
    return { kind: "unavailable" };
  }
  if (Notification.permission === "denied") {
    return { kind: "denied" };
  }
  const manager = await findManager();
  if (manager === undefined) {
    return { kind: "unsupported" };
  }
  const subscription = await manager.getSubscription();
  return subscription === null || pushMark() === undefined
    ? { kind: "off" }
    : { kind: "on", endpoint: subscription.endpoint };
}

/** Have pushes of the user come to this browser, which has been given leave. Rejects when that fails. */
export async function turnPushOn(userId: string): Promise<void> {
  const [key, manager] = await Promise.all([findKey(), findManager()]);
  if (key === undefined || manager === undefined) {
    return; // it was possible a moment ago; the state says what has changed
  }
  const former = pushMark()?.endpoint;
  const subscription = await subscribe(manager, key);
  const { endpoint } = subscription;
  await subscribeToPushes(subscription.toJSON() as unknown as SubscriptionDraft);
  notePush({ userId, endpoint });
  if (former !== undefined && former !== endpoint) {
    // Otherwise it goes with the first push that comes to nothing there.
    await unsubscribeFromPushes({ endpoint: former }).catch(() => undefined);
  }
}

/** Have no more pushes come to this browser. Rejects when the service cannot be told. */
export async function turnPushOff(): Promise<void> {
  const endpoint = pushMark()?.endpoint;
  if (endpoint !== undefined) {
    // First: a subscription that only the browser has ended would be renewed at the next start.
    await unsubscribeFromPushes({ endpoint });
  }
  await endSubscription();
  forgetPushMark();
}

/** See at a start that pushes still come here: to the session that there is now, and to nobody else. */
export async function keepPush(userId: string): Promise<void> {
  const mark = pushMark();
  if (mark === undefined || !isSupported()) {
    return;
  }
  if (mark.userId !== userId) {
    await leavePush();
    return;
  }
  if (Notification.permission !== "granted") {
    return;
  }
  if (isPushSignedOut()) {
    await turnPushOn(userId);
    return;
  }
  const [key, manager, { items }] = await Promise.all([findKey(), findManager(), listPushSubscriptions()]);
  const subscription = await manager?.getSubscription();
  const isListed = (endpoint: string) => items.some((item) => item.endpoint === endpoint);
  if (subscription && isListed(subscription.endpoint) && (key === undefined || isOfKey(subscription, key))) {
    notePush({ userId, endpoint: subscription.endpoint }); // the worker may have renewed it
  } else if (isListed(mark.endpoint)) {
    await turnPushOn(userId);
  } else {
    await leavePush(); // removed on another device, or by its push service
  }
}

/** Have nothing come to this browser any more after its user has gone, nor be seen of what has come. */
export async function leavePush(): Promise<void> {
  forgetPushMark();
  try {
    await within(LEAVING_PATIENCE_MS, Promise.all([endSubscription(), closeShown()]));
  } catch {
    // The service pushes nothing to a session that has ended.
  }
}

/** Close what has come and is still shown, so that whoever comes next does not see it. */
export async function closeShown(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration();
  for (const shown of (await registration?.getNotifications()) ?? []) {
    shown.close();
  }
}

function isSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

async function subscribe(manager: PushManager, key: string): Promise<PushSubscription> {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await manager.subscribe(options);
  } catch (error) {
    const former = await manager.getSubscription();
    if (!(error instanceof DOMException && error.name === "InvalidStateError") || former === null) {
      throw new PushServiceError(error);
    }
    // Of another key: the service has got a new one.
    await former.unsubscribe();
    return await manager.subscribe(options);
  }
}

async function endSubscription(): Promise<void> {
  await (await (await findManager())?.getSubscription())?.unsubscribe();
}

async function findManager(): Promise<PushManager | undefined> {
  try {
    return (await within(WORKER_PATIENCE_MS, navigator.serviceWorker.ready)).pushManager;
  } catch {
    return undefined;
  }
}

/** The service's key; undefined where it sends no pushes. */
async function findKey(): Promise<string | undefined> {
  try {
    return (await getPushKey()).public_key;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) {
      return undefined;
    }
    throw error;
  }
}
