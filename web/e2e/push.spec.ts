import { randomUUID } from "node:crypto";
import type { BrowserContext, CDPSession, Page, Worker } from "@playwright/test";
import { barriers, expect, expectToFit, test } from "./person";

test.use({ serviceWorkers: "allow" });

interface Subscription {
  readonly endpoint: string;
  readonly user_agent: string;
}

/**
 * Have the browser subscribe without its maker's push service, which tests do not call: the keys are real, the endpoint is
 * of this machine and answers nothing. A subscription outlives the page, as the browser's do.
 */
async function fakePushService(context: BrowserContext): Promise<void> {
  await context.addInitScript((endpoint) => {
    // The app clears the tab's storage when somebody signs out.
    const KEPT = "fake-push-service";
    const base64url = (bytes: ArrayBuffer) =>
      btoa(String.fromCharCode(...new Uint8Array(bytes)))
        .replaceAll("+", "-")
        .replaceAll("/", "_")
        .replaceAll("=", "");
    const present = () => {
      const keys = JSON.parse(localStorage.getItem(KEPT) ?? "null");
      const unsubscribe = async () => {
        localStorage.removeItem(KEPT);
        return true;
      };
      const toJSON = () => ({ endpoint, expirationTime: null, keys });
      const options = { applicationServerKey: null, userVisibleOnly: true };
      return keys === null ? null : ({ endpoint, options, toJSON, unsubscribe } as PushSubscription);
    };
    PushManager.prototype.subscribe = async () => {
      const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, [
        "deriveBits",
      ]);
      const p256dh = base64url(await crypto.subtle.exportKey("raw", pair.publicKey));
      const auth = base64url(crypto.getRandomValues(new Uint8Array(16)).buffer);
      localStorage.setItem(KEPT, JSON.stringify({ p256dh, auth }));
      return present() as PushSubscription;
    };
    PushManager.prototype.getSubscription = async () => present();
  }, `http://127.0.0.1:9/${randomUUID()}`);
}

/** Whether the browser still has a subscription, whatever the app believes. */
function isSubscribed(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    const { pushManager } = await navigator.serviceWorker.ready;
    return (await pushManager.getSubscription()) !== null;
  });
}

async function subscriptionsOf(page: Page): Promise<readonly Subscription[]> {
  return (await (await page.context().request.get("/api/v1/me/push-subscriptions")).json()).items;
}

/** Hand a push to the page's worker, as the browser does that has decrypted one. */
async function deliver(page: Page, data: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const origin = new URL(page.url()).origin;
  await session.send("ServiceWorker.deliverPushMessage", {
    origin,
    registrationId: await registrationOf(session, origin),
    data,
  });
}

async function registrationOf(session: CDPSession, origin: string): Promise<string> {
  return new Promise((resolve) => {
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const found = registrations.find(({ scopeURL }) => scopeURL === `${origin}/`);
      if (found !== undefined) {
        resolve(found.registrationId);
      }
    });
    void session.send("ServiceWorker.enable");
  });
}

async function workerOf(page: Page): Promise<Worker> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  const [worker = await page.context().waitForEvent("serviceworker")] = page.context().serviceWorkers();
  return worker;
}

/** What the worker shows. */
function shownBy(page: Page) {
  return page.evaluate(async () => {
    const shown = await (await navigator.serviceWorker.ready).getNotifications();
    return shown.map(({ title, body, tag, data }) => ({ title, body, tag, url: data?.url }));
  });
}

test.describe("a push", () => {
  test.use({ permissions: ["notifications"] });

  test("is shown by the worker, and replaces itself", async ({ signedIn: page }) => {
    await workerOf(page);
    const message = {
      title: "Call the dentist",
      body: "Due today",
      url: "/all?task=1",
      tag: "abc",
      unread: 1,
    };
    await deliver(page, JSON.stringify(message));
    const expected = [{ title: "Call the dentist", body: "Due today", tag: "abc", url: "/all?task=1" }];
    await expect.poll(() => shownBy(page)).toEqual(expected);
    await deliver(page, JSON.stringify({ ...message, body: "Due now" }));
    await expect.poll(() => shownBy(page)).toEqual([{ ...expected[0], body: "Due now" }]);
  });

  test("that is clicked on leads the open window there, without loading it anew", async ({
    signedIn: page,
  }) => {
    const worker = await workerOf(page);
    await page.evaluate(() => Object.assign(window, { isSame: true }));
    await deliver(page, JSON.stringify({ title: "Look", body: "", url: "/upcoming", tag: "abc" }));
    await expect.poll(() => shownBy(page)).toHaveLength(1);
    await worker.evaluate(async () => {
      const scope = globalThis as unknown as {
        registration: ServiceWorkerRegistration;
        NotificationEvent: new (type: string, init: object) => Event;
      };
      const [notification] = await scope.registration.getNotifications();
      globalThis.dispatchEvent(new scope.NotificationEvent("notificationclick", { notification }));
    });
    await expect(page.getByRole("heading", { name: "Upcoming" })).toBeVisible();
    expect(await page.evaluate(() => "isSame" in window)).toBe(true);
    await expect.poll(() => shownBy(page)).toEqual([]);
  });
});

test.describe("push on this device", () => {
  test.use({ permissions: ["notifications"] });
  test.beforeEach(({ context }) => fakePushService(context));

  test("is turned on by a click, listed, and ends with signing out", async ({ signedIn: page }) => {
    await workerOf(page);
    await page.goto("/settings/notifications");
    expect(await subscriptionsOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Turn on for this device" }).click();
    const devices = page.getByRole("list", { name: "Devices with push" });
    await expect(devices.getByRole("listitem")).toContainText("This device");
    expect(await subscriptionsOf(page)).toHaveLength(1);
    expect(await isSubscribed(page)).toBe(true);
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(page.getByRole("textbox", { name: "E-mail" })).toBeVisible();
    expect(await page.evaluate(() => localStorage.getItem("taskfleet.push"))).toBeNull();
    expect(await isSubscribed(page)).toBe(false);
  });

  test("is turned off again", async ({ signedIn: page }) => {
    await workerOf(page);
    await page.goto("/settings/notifications");
    await page.getByRole("button", { name: "Turn on for this device" }).click();
    await page.getByRole("button", { name: "Turn off for this device" }).click();
    await expect(page.getByRole("button", { name: "Turn on for this device" })).toBeVisible();
    expect(await subscriptionsOf(page)).toEqual([]);
  });
});

test.describe("the notification settings", () => {
  test("are kept, each switch by itself", async ({ signedIn: page }) => {
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByRole("link", { name: /^Channels, quiet hours and push/ }).click();
    await page.getByRole("switch", { name: "Reminders: E-mail" }).press("Space");
    await page.getByRole("switch", { name: "Quiet hours" }).click();
    await page.getByLabel("Until").fill("06:30");
    await page.getByLabel("Until").press("Enter");
    await expect(page.getByRole("switch", { name: "Security: E-mail" })).toBeDisabled();
    const chosen = async () => (await page.context().request.get("/api/v1/me/notification-settings")).json();
    await expect.poll(chosen).toMatchObject({
      channels: { reminder: { email: true } },
      quiet_hours: { start: "22:00", end: "06:30" },
    });
    await page.reload();
    await expect(page.getByRole("switch", { name: "Reminders: E-mail" })).toBeChecked();
    await expect(page.getByLabel("Until")).toHaveValue("06:30");
  });

  test.describe("on a phone", () => {
    test.use({ viewport: { width: 390, height: 844 } });

    for (const colorScheme of ["light", "dark"] as const) {
      test.describe(`in the ${colorScheme}`, () => {
        test.use({ colorScheme });

        test("fit, and have no barrier that axe finds", async ({ signedIn: page }) => {
          await page.goto("/settings/notifications");
          await page.getByRole("switch", { name: "Quiet hours" }).click();
          await page.getByRole("switch", { name: "Daily digest", exact: true }).click();
          await expectToFit(page);
          expect(await barriers(page)).toEqual([]);
        });
      });
    }
  });
});

test.describe("a link to unsubscribe", () => {
  test("asks first, without anybody signed in, and says where it is not one of ours", async ({ page }) => {
    await page.goto("/unsubscribe?token=made-up");
    const sent = page.waitForRequest("**/api/v1/notifications/unsubscribe");
    expect(await barriers(page)).toEqual([]);
    await page.getByRole("button", { name: "Unsubscribe" }).click();
    expect((await sent).postDataJSON()).toEqual({ token: "made-up" });
    await expect(page.getByRole("alert")).toContainText("does not work any more");
  });
});
