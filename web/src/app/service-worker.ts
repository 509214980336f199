import { appUpdates } from "./app-updates";

// What the worker keeps is loaded once more, so the page comes first. Vite's own server has no worker.
if (import.meta.env.PROD && "serviceWorker" in navigator) {
  window.addEventListener("load", () => {
    // The app works without it, as in private windows that allow none.
    appUpdates.follow(navigator.serviceWorker).catch(() => undefined);
  });
}
