import { QueryClient } from "@tanstack/react-query";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Device } from "../device/device";
import { refusal, serve } from "../testing/service";
import { buildRouter } from "./router";

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "setAppBadge");
});

/** Open the app at a path, with nobody signed in. */
async function open(path: string) {
  serve(() => refusal(401));
  window.history.replaceState(null, "", path);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = buildRouter(client, new Device(client, () => "UTC"));
  await router.load();
  return router;
}

describe("the page to sign in", () => {
  test("leaves no number at the icon of the app", async () => {
    const setAppBadge = vi.fn(async (_count: number) => undefined);
    Object.defineProperty(navigator, "setAppBadge", { value: setAppBadge, configurable: true });
    await open("/sign-in");
    expect(setAppBadge.mock.calls).toEqual([[0]]);
  });
});
