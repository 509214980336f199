import { API_PATHS } from "../app/api-roots";
import { isOpenRequest, type OpenRequest } from "./messages";
import type { ClickEventLike, WindowClient, WorkerScope } from "./worker-scope";

/**
 * What all windows together may take to answer: one that has not by then is of an older version of the app, or not there
 * yet. Firefox lets a worker open a window for a second after the click (`dom.serviceWorkers.disable_open_click_delay`).
 */
const ANSWERS_PATIENCE_MS = 600;

/** Bring somebody to what a notification is about: in a window that is open, without loading it anew, or in a new one. */
export async function openPage(scope: WorkerScope, { notification }: ClickEventLike): Promise<void> {
  notification.close();
  const request = { type: "open-page", path: urlOf(notification.data) };
  const path = isOpenRequest(request) ? request.path : "/";
  const windows = (await scope.clients.matchAll({ type: "window", includeUncontrolled: true })).filter(isApp);
  const patienceMs = ANSWERS_PATIENCE_MS / windows.length;
  for (const window of windows.sort((one, other) => rank(other) - rank(one))) {
    if (await ask(window, path, patienceMs)) {
      await window.focus().catch(() => undefined); // it has the page, in front or not
      return;
    }
  }
  await scope.clients.openWindow(path);
}

function urlOf(data: unknown): unknown {
  return typeof data === "object" && data !== null && "url" in data ? data.url : undefined;
}

/** Whether a window has the app, rather than what else there is at its address, which never answers. */
function isApp({ url }: WindowClient): boolean {
  const { pathname } = new URL(url);
  return !API_PATHS.some((path) => path.test(pathname));
}

/** What is in front goes first. */
function rank({ focused, visibilityState }: WindowClient): number {
  return (focused ? 2 : 0) + (visibilityState === "visible" ? 1 : 0);
}

function ask(window: WindowClient, path: string, patienceMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => resolve(false), patienceMs);
    port1.onmessage = () => {
      clearTimeout(timer);
      resolve(true);
    };
    window.postMessage({ type: "open-page", path } satisfies OpenRequest, [port2]);
  });
}
