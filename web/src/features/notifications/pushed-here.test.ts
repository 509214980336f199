import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PreferencesOut } from "../../api/generated/taskfleet.schemas";
import { profileOf } from "../../testing/profile";
import { FakePush } from "../../testing/push";
import { json, refusal, serve } from "../../testing/service";
import { profileQuery } from "../session/profile";
import { notePush } from "./push-mark";
import { isPushedHere } from "./pushed-here";

const HERE = "https://push.test/1";
const ON = { in_app: true, email: false, push: true };

let push: FakePush;
let preferences: PreferencesOut;
let devices: string[];
let client: QueryClient;

beforeEach(() => {
  push = new FakePush();
  push.install();
  notePush({ userId: "user-1", endpoint: HERE });
  preferences = {
    channels: { reminder: ON, digest: { ...ON, push: false }, security: ON },
    quiet_hours: null,
    daily_digest: null,
    revision: 3,
  };
  devices = [HERE];
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(profileQuery.queryKey, profileOf({ timezone: "America/New_York" }));
  serve(({ url }) =>
    url.pathname.endsWith("/notification-settings")
      ? json(preferences)
      : json({ items: devices.map((endpoint) => ({ endpoint })) }),
  );
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  Reflect.deleteProperty(navigator, "serviceWorker");
});

describe("a push says it", () => {
  test("where the user has chosen so, of that kind", async () => {
    expect(await isPushedHere(client, "reminder")).toBe(true);
    expect(await isPushedHere(client, "digest")).toBe(false);
  });

  test("but not in quiet hours of the user's zone, unless it is about security", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-02T04:00:00Z") });
    preferences = { ...preferences, quiet_hours: { start: "22:00", end: "07:00" } };
    expect(await isPushedHere(client, "reminder")).toBe(false);
    expect(await isPushedHere(client, "security")).toBe(true);
  });

  test("again once they are over", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-02T12:00:00Z") });
    preferences = { ...preferences, quiet_hours: { start: "22:00", end: "07:00" } };
    expect(await isPushedHere(client, "reminder")).toBe(true);
  });

  test("but not to a browser that was removed elsewhere", async () => {
    devices = ["https://push.test/other"];
    expect(await isPushedHere(client, "reminder")).toBe(false);
  });

  test("but not where the browser may show nothing", async () => {
    push.permission = "denied";
    expect(await isPushedHere(client, "reminder")).toBe(false);
  });

  test("but not for certain where nobody can be asked", async () => {
    serve(() => refusal(403));
    expect(await isPushedHere(client, "reminder")).toBe(false);
  });
});
