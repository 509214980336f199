import { isOpenRequest, type OpenRequest } from "./messages";
import type { ClickEventLike, WindowClient, WorkerScope } from "./worker-scope";

/** A window that has not answered by then has an older version of the app, or is not there yet. */
const ANSWER_PATIENCE_MS = 1_000;

/** Bring somebody to what a notification is about: in a window that is open, without loading it anew, or in a new one. */
export async function openPage(scope: WorkerScope, { notification }: ClickEventLike): Promise<void> {
  notification.close();
  const request = { type: "open-page", path: urlOf(notification.data) };
  const path = isOpenRequest(request) ? request.path : "/";
  const windows = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const window of [...windows].sort((one, other) => rank(other) - rank(one))) {
    if (await ask(window, path)) {
      await window.focus().catch(() => undefined); // it has the page, in front or not
      return;
    }
  }
  await scope.clients.openWindow(path);
}

function urlOf(data: unknown): unknown {
  return typeof data === "object" && data !== null && "url" in data ? data.url : undefined;
}

/** What is in front goes first. */
function rank({ focused, visibilityState }: WindowClient): number {
  return (focused ? 2 : 0) + (visibilityState === "visible" ? 1 : 0);
}

function ask(window: WindowClient, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => resolve(false), ANSWER_PATIENCE_MS);
    port1.onmessage = () => {
      clearTimeout(timer);
      resolve(true);
    };
    window.postMessage({ type: "open-page", path } satisfies OpenRequest, [port2]);
  });
}
