import { openPage } from "./open-page";
import { renewSubscription } from "./renew";
import { showPush } from "./show-push";
import type { WorkerScope } from "./worker-scope";

// What the app's service worker does besides keeping the app; Workbox's part imports it (`pwa.ts`).
const scope = globalThis as unknown as WorkerScope;

scope.addEventListener("push", (event) => event.waitUntil(showPush(scope, event)));
scope.addEventListener("notificationclick", (event) => event.waitUntil(openPage(scope, event)));
scope.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renewSubscription(scope, event)));
