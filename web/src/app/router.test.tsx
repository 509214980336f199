import { QueryClient } from "@tanstack/react-query";
import { waitFor } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Device } from "../device/device";
import { isPushSignedOut, notePush } from "../features/notifications/push-mark";
import { FakePush } from "../testing/push";
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
  await buildRouter(client, new Device(client, () => "UTC")).load();
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
