import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { installable } from "../../pwa";
import { Device } from "../device/device";
import { isPushSignedOut, notePush } from "../features/notifications/push-mark";
import { FakePush } from "../testing/push";
import { renderInApp } from "../testing/render";
import { refusal, serve } from "../testing/service";
import { buildRouter } from "./router";

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "setAppBadge");
  Reflect.deleteProperty(navigator, "serviceWorker");
});

/** Open the app at a path, with nobody signed in. */
async function open(path: string) {
  serve(() => refusal(401));
  window.history.replaceState(null, "", path);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = buildRouter(client, new Device(client, () => "UTC"));
  await router.load();
  return { router, client };
}

describe("the page to sign in", () => {
  test("leaves no number at the icon of the app", async () => {
    const setAppBadge = vi.fn(async (_count: number) => undefined);
    Object.defineProperty(navigator, "setAppBadge", { value: setAppBadge, configurable: true });
    await open("/sign-in");
    expect(setAppBadge.mock.calls).toEqual([[0]]);
  });

  test("closes what was pushed to a session that ended elsewhere", async () => {
    const push = new FakePush();
    push.install();
    const close = vi.fn();
    push.shown.push({ close });
    notePush({ userId: "ada", endpoint: "https://push.test/1" });
    await open("/sign-in");
    await waitFor(() => expect(close).toHaveBeenCalledOnce());
    expect(isPushSignedOut()).toBe(true);
  });
});

describe("an address without a page", () => {
  test("says so, leads home, and looks for a newer version, which may have it", async () => {
    const update = vi.fn(async () => undefined);
    const push = new FakePush();
    push.install();
    Object.assign(await navigator.serviceWorker.ready, { update });
    const { router, client } = await open("/of-tomorrow");
    renderInApp(
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>,
    );
    expect(await screen.findByRole("heading", { name: "There is no such page" })).toBeDefined();
    expect(screen.getByRole("link", { name: "To your tasks" }).getAttribute("href")).toBe("/");
    await waitFor(() => expect(update).toHaveBeenCalledOnce());
  });
});

describe("what the worker answers by itself", () => {
  const denied = installable("").workbox?.navigateFallbackDenylist ?? [];
  const isKept = (path: string) => !denied.some((pattern) => pattern.test(path));

  test.each(["/unsubscribe?token=abc", "/unsubscribe", "/api/v1/tasks", "/problems", "/calendar/feed.ics"])(
    "is not %s",
    (path) => {
      expect(isKept(path)).toBe(false);
    },
  );

  test.each(["/today", "/calendar?month=2026-12", "/lists/unsubscribe"])("is %s", (path) => {
    expect(isKept(path)).toBe(true);
  });
});
