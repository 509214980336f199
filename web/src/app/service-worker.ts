import { isOpenRequest } from "../push-worker/messages";
import { appUpdates } from "./app-updates";

// What the worker keeps is loaded once more, so the page comes first. Vite's own server has no worker.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  window.addEventListener("load", () => {
    // The app works without it, as in private windows that allow none.
    appUpdates.follow(navigator.serviceWorker).catch(() => undefined);
  });
}

/** Show the pages that notifications ask for, in the window that is there. */
export function onOpenRequest(show: (path: string) => void): void {
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.addEventListener("message", ({ data, ports }) => {
      if (isOpenRequest(data)) {
        ports[0]?.postMessage("shown");
        show(data.path);
      }
    });
    // Without it, messages wait until the page is loaded by the browser's own idea of that.
    navigator.serviceWorker.startMessages();
  }
}
