import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PreferencesOut, SubscriptionOut } from "../../../api/generated/taskfleet.schemas";
import { deferred } from "../../../testing/deferred";
import { profileOf } from "../../../testing/profile";
import { FakePush } from "../../../testing/push";
import { renderInApp } from "../../../testing/render";
import { json, refusal, type SentRequest, serve } from "../../../testing/service";
import { profileQuery } from "../../session/profile";
import { withPatch } from "../preferences";
import { NotificationsPage } from "./NotificationsPage";

const OFF = { in_app: false, email: false, push: false };
const PREFERENCES: PreferencesOut = {
  channels: {
    reminder: { in_app: true, email: false, push: true },
    digest: { ...OFF, email: true },
    security: { in_app: true, email: true, push: false },
  },
  quiet_hours: null,
  daily_digest: null,
  revision: 3,
};

const OTHER: SubscriptionOut = {
  id: "subscription-2",
  endpoint: "https://push.test/other",
  created_at: "2026-11-01T08:00:00.000Z",
  user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
};

let push: FakePush;

beforeEach(() => {
  push = new FakePush();
  push.install();
});

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "serviceWorker");
});

interface Service {
  preferences: PreferencesOut;
  devices: SubscriptionOut[];
  change: (request: SentRequest) => Response | Promise<Response>;
}

async function renderPage(members: Partial<Service> = {}) {
  const service: Service = {
    preferences: PREFERENCES,
    devices: [],
    change: ({ body }) => {
      service.preferences = withPatch(service.preferences, body as object);
      return json(service.preferences);
    },
    ...members,
  };
  const requests = serve((request) => {
    const { method, url, body } = request;
    switch (`${method} ${url.pathname}`) {
      case "GET /api/v1/me/notification-settings":
        return json(service.preferences);
      case "GET /api/v1/push/public-key":
        return json({ public_key: "key" });
      case "GET /api/v1/me/push-subscriptions":
        return json({ items: service.devices });
      case "POST /api/v1/me/push-subscriptions": {
        const { endpoint } = body as { endpoint: string };
        service.devices = [{ ...OTHER, id: "here", endpoint, user_agent: "Firefox/1" }, ...service.devices];
        return json(service.devices[0], 201);
      }
      case "DELETE /api/v1/me/push-subscriptions":
      case "DELETE /api/v1/me/push-subscriptions/subscription-2":
        service.devices = [];
        return new Response(null, { status: 204 });
      default:
        return service.change(request);
    }
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(profileQuery.queryKey, profileOf({ timezone: "America/New_York" }));
  const root = createRootRoute({ component: NotificationsPage });
  const router = createRouter({ routeTree: root, history: createMemoryHistory() });
  renderInApp(
    <QueryClientProvider client={client}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  await screen.findByRole("switch", { name: "Quiet hours" });
  const changes = () => requests.filter(({ method }) => method === "PATCH").map(({ body }) => body);
  return { user: userEvent.setup(), changes, service, requests };
}

function switchOf(name: string): HTMLInputElement {
  return screen.getByRole<HTMLInputElement>("switch", { name });
}

describe("the channels", () => {
  test("show what is chosen, in a table of kinds", async () => {
    await renderPage();
    const row = within(screen.getByRole("row", { name: /^Reminders/ })).getAllByRole<HTMLInputElement>(
      "switch",
    );
    expect(row.map(({ checked }) => checked)).toEqual([true, false, true]);
  });

  test("change at once, and one alone", async () => {
    const answer = deferred<Response>();
    const { user, changes } = await renderPage({ change: () => answer.promise });
    await user.click(switchOf("Reminders: E-mail"));
    expect(switchOf("Reminders: E-mail").checked).toBe(true);
    expect(changes()).toEqual([{ channels: { reminder: { email: true } } }]);
    answer.resolve(refusal(422, { errors: [{ detail: "Not today." }] }));
    expect((await screen.findByRole("alert")).textContent).toBe("The last change was not saved. Not today.");
    expect(switchOf("Reminders: E-mail").checked).toBe(false);
  });

  test("cannot be without mails about security, and say why", async () => {
    await renderPage();
    const required = switchOf("Security: E-mail");
    expect([required.disabled, required.checked]).toEqual([true, true]);
    const reason = document.getElementById(required.getAttribute("aria-describedby") ?? "");
    expect(reason?.textContent).toContain("always sent");
  });
});

describe("the times", () => {
  test("begin with a night, and one end changes alone", async () => {
    const { user, changes } = await renderPage();
    await user.click(switchOf("Quiet hours"));
    const until = await screen.findByLabelText<HTMLInputElement>("Until");
    await user.clear(until);
    await user.type(until, "06:30");
    expect(changes()).toHaveLength(1);
    await user.tab();
    await waitFor(() =>
      expect(changes()).toEqual([
        { quiet_hours: { start: "22:00", end: "07:00" } },
        { quiet_hours: { end: "06:30" } },
      ]),
    );
  });

  test("of the quiet hours must differ", async () => {
    const { user, changes } = await renderPage({
      preferences: { ...PREFERENCES, quiet_hours: { start: "22:00", end: "07:00" } },
    });
    const until = screen.getByLabelText("Until");
    await user.clear(until);
    await user.type(until, "22:00");
    await user.tab();
    expect((await screen.findByRole("alert")).textContent).toBe("The two times must differ.");
    expect(changes()).toEqual([]);
  });

  test("of a digest that reaches nobody say so", async () => {
    const { user } = await renderPage({
      preferences: { ...PREFERENCES, channels: { ...PREFERENCES.channels, digest: OFF } },
    });
    await user.click(switchOf("Daily digest"));
    expect(await screen.findByText(/reaches you nowhere/)).toBeDefined();
  });

  test("are those of the user's zone", async () => {
    await renderPage();
    expect(screen.getByText(/America\/New York/)).toBeDefined();
  });
});

describe("push on this device", () => {
  test("is asked for on a click, and then listed", async () => {
    const { user } = await renderPage();
    await user.click(await screen.findByRole("button", { name: "Turn on for this device" }));
    const devices = await screen.findByRole("list", { name: "Devices with push" });
    expect(await within(devices).findByText("This device")).toBeDefined();
    await user.click(await screen.findByRole("button", { name: "Turn off for this device" }));
    expect(await screen.findByRole("button", { name: "Turn on for this device" })).toBeDefined();
  });

  test("is off where it was removed on another one", async () => {
    const { user, service } = await renderPage();
    await user.click(await screen.findByRole("button", { name: "Turn on for this device" }));
    await screen.findByText("This device");
    service.devices = [];
    window.dispatchEvent(new Event("visibilitychange"));
    expect(await screen.findByRole("button", { name: "Turn on for this device" })).toBeDefined();
  });

  test("says how to allow what is blocked", async () => {
    push.permission = "denied";
    await renderPage();
    expect(await screen.findByText(/This browser blocks notifications/)).toBeDefined();
    expect(screen.queryByRole("button", { name: /Turn on/ })).toBeNull();
  });

  test("is not insisted on where nobody answers the browser's question", async () => {
    push.permission = "default";
    const { user, requests } = await renderPage();
    await user.click(await screen.findByRole("button", { name: "Turn on for this device" }));
    expect(await screen.findByText(/not given leave/)).toBeDefined();
    expect(requests.filter(({ method }) => method === "POST")).toEqual([]);
  });

  test("is blocked where the browser's question is answered so, which is no failure", async () => {
    push.permission = "default";
    push.decision = "denied";
    const { user, requests } = await renderPage();
    await user.click(await screen.findByRole("button", { name: "Turn on for this device" }));
    expect(await screen.findByText(/This browser blocks notifications/)).toBeDefined();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(requests.filter(({ method }) => method === "POST")).toEqual([]);
  });

  test("can be ended on others", async () => {
    const { user, requests } = await renderPage({ devices: [OTHER] });
    await user.click(await screen.findByRole("button", { name: "Remove push from Safari on iPhone" }));
    await waitFor(() => expect(screen.queryByText("Safari on iPhone")).toBeNull());
    expect(requests.filter(({ method }) => method === "DELETE").map(({ url }) => url.pathname)).toEqual([
      "/api/v1/me/push-subscriptions/subscription-2",
    ]);
  });
});
