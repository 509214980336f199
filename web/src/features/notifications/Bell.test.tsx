import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NoticeOut } from "../../api/generated/taskfleet.schemas";
import { deferred } from "../../testing/deferred";
import { ExclusiveLocks } from "../../testing/locks";
import { noticeOf, noticePageOf } from "../../testing/notices";
import { renderInApp } from "../../testing/render";
import { json, refusal, type SentRequest, serve } from "../../testing/service";
import { Bell } from "./Bell";
import { refreshNotices } from "./notices";
import { ReminderNews } from "./ReminderNews";

/** Calls back when what is observed comes into sight, which the test says. */
class FakeIntersections {
  static call: ((entries: readonly { isIntersecting: boolean }[]) => void) | undefined;

  constructor(call: (entries: readonly { isIntersecting: boolean }[]) => void) {
    FakeIntersections.call = call;
  }

  observe(): void {}

  disconnect(): void {
    FakeIntersections.call = undefined;
  }

  static reach(): void {
    FakeIntersections.call?.([{ isIntersecting: true }]);
  }
}

beforeEach(() => {
  FakeIntersections.call = undefined;
  vi.stubGlobal("IntersectionObserver", FakeIntersections);
  Object.defineProperty(navigator, "locks", { value: new ExclusiveLocks(), configurable: true });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A service with these notices, which pages them by two. */
class Notices {
  items: NoticeOut[];
  read: (request: SentRequest) => Response | Promise<Response> = ({ body }) => {
    const { ids } = body as { ids?: string[] };
    this.items = this.items.map((item) =>
      ids === undefined || ids.includes(item.id) ? { ...item, read_at: "2026-12-01T09:00:00.000Z" } : item,
    );
    return json({ unread_count: this.unread.length });
  };

  constructor(...items: NoticeOut[]) {
    this.items = items;
  }

  get unread(): NoticeOut[] {
    return this.items.filter(({ read_at }) => read_at === null);
  }

  readonly answer = (request: SentRequest): Response | Promise<Response> => {
    if (request.method === "POST") {
      return this.read(request);
    }
    const { searchParams } = request.url;
    const unread_count = this.unread.length;
    if (searchParams.get("unread") === "true") {
      return json(noticePageOf(this.unread.slice(0, 10), { unread_count }));
    }
    const start = Number(searchParams.get("cursor") ?? 0);
    const next_cursor = start + 2 < this.items.length ? String(start + 2) : null;
    return json(noticePageOf(this.items.slice(start, start + 2), { unread_count, next_cursor }));
  };
}

async function renderBell(service: Notices) {
  const requests = serve(service.answer);
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const root = createRootRoute({
    component: () => (
      <>
        <Bell />
        <ReminderNews />
      </>
    ),
  });
  const paths = ["/today", "/all", "/settings", "/settings/notifications"];
  const router = createRouter({
    routeTree: root.addChildren(paths.map((path) => createRoute({ getParentRoute: () => root, path }))),
    history: createMemoryHistory({ initialEntries: ["/today"] }),
  });
  renderInApp(
    <QueryClientProvider client={client}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  await screen.findByRole("button", { name: /^Notifications/ });
  return { user: userEvent.setup(), requests, client, router };
}

const MANY = [1, 2, 3].map((number) => noticeOf({ id: `notice-${number}`, title: `Task ${number}` }));

describe("the bell", () => {
  test.each([
    [1, "Notifications, 1 unread"],
    [99, "Notifications, 99 unread"],
    [100, "Notifications, 99+ unread"],
  ])("says how many are unread: %i", async (count, name) => {
    await renderBell(new Notices(...Array.from({ length: count }, (_, id) => noticeOf({ id: `${id}` }))));
    expect(await screen.findByRole("button", { name })).toBeDefined();
  });

  test("asks for the list only when it is opened", async () => {
    const { user, requests } = await renderBell(new Notices(...MANY));
    await screen.findByRole("button", { name: "Notifications, 3 unread" });
    expect(requests.map(({ url }) => url.searchParams.get("unread"))).toEqual(["true"]);
    await user.click(screen.getByRole("button", { name: /^Notifications/ }));
    expect(await screen.findByRole("link", { name: /Task 1/ })).toBeDefined();
  });
});

describe("the badge of the installed app", () => {
  test("goes down with what is read", async () => {
    const setAppBadge = vi.fn(async (_count: number) => undefined);
    Object.defineProperty(navigator, "setAppBadge", { value: setAppBadge, configurable: true });
    const service = new Notices(...MANY);
    const { client } = await renderBell(service);
    await waitFor(() => expect(setAppBadge.mock.calls).toEqual([[3]]));
    service.items = [];
    refreshNotices(client);
    await waitFor(() => expect(setAppBadge.mock.calls).toEqual([[3], [0]]));
    Reflect.deleteProperty(navigator, "setAppBadge");
  });
});

describe("the list", () => {
  async function open(service: Notices) {
    const rendered = await renderBell(service);
    await rendered.user.click(screen.getByRole("button", { name: /^Notifications/ }));
    await screen.findByRole("dialog");
    return rendered;
  }

  test("loads the next page when its end comes into sight", async () => {
    await open(new Notices(...MANY));
    await screen.findByRole("link", { name: /Task 2/ });
    expect(screen.queryByRole("link", { name: /Task 3/ })).toBeNull();
    act(() => FakeIntersections.reach());
    expect(await screen.findByRole("link", { name: /Task 3/ })).toBeDefined();
  });

  test("shows at once what is read, and counts on", async () => {
    const service = new Notices(...MANY);
    const answer = deferred<Response>();
    service.read = () => answer.promise;
    const { user, requests } = await open(service);
    await user.click(await screen.findByRole("button", { name: "Mark “Task 1” as read" }));
    expect(screen.queryByRole("button", { name: "Mark “Task 1” as read" })).toBeNull();
    expect(screen.getByRole("button", { name: "Notifications, 2 unread", hidden: true })).toBeDefined();
    expect(requests.at(-1)?.body).toEqual({ ids: ["notice-1"] });
    answer.resolve(json({ unread_count: 7 }));
    await screen.findByRole("button", { name: "Notifications, 7 unread", hidden: true });
  });

  test("takes it back where that fails, with the reason", async () => {
    const service = new Notices(...MANY);
    service.read = () => refusal(403, { detail: "Not today." });
    const { user } = await open(service);
    await user.click(await screen.findByRole("button", { name: "Mark all as read" }));
    expect((await screen.findByRole("alert")).textContent).toBe("That was not marked as read. Not today.");
    expect(screen.getByRole("button", { name: "Mark “Task 1” as read" })).toBeDefined();
  });

  test("shows kinds of a newer service, too", async () => {
    const kind = "of tomorrow" as NoticeOut["kind"];
    await open(new Notices(noticeOf({ kind, title: "Something new" })));
    expect(await screen.findByRole("link", { name: /Something new/ })).toBeDefined();
  });

  test("leads to the task, which is read by that", async () => {
    const { user, router, requests } = await open(new Notices(...MANY));
    await user.click(await screen.findByRole("link", { name: /Task 1/ }));
    await waitFor(() => expect(router.state.location.href).toBe("/today?task=task-1"));
    expect(requests.filter(({ method }) => method === "POST").map(({ body }) => body)).toEqual([
      { ids: ["notice-1"] },
    ]);
  });

  test("marks nothing twice", async () => {
    const { user, requests } = await open(new Notices(noticeOf({ read_at: "2026-12-01T09:00:00.000Z" })));
    await user.click(await screen.findByRole("link", { name: /Call the dentist/ }));
    expect(requests.filter(({ method }) => method === "POST")).toEqual([]);
  });
});

describe("what comes while the app is open", () => {
  test("is told where it is a reminder", async () => {
    const service = new Notices(...MANY);
    const { client } = await renderBell(service);
    await screen.findByRole("button", { name: "Notifications, 3 unread" });
    service.items = [
      noticeOf({ id: "new", title: "Water the plants" }),
      noticeOf({ id: "mail", kind: "security", title: "New sign-in", task_id: null }),
      ...service.items,
    ];
    refreshNotices(client);
    expect(await screen.findByText("Water the plants")).toBeDefined();
    expect(screen.queryByText("New sign-in")).toBeNull();
    expect(screen.queryByText("Task 1")).toBeNull();
  });

  test("is not what follows when newer ones are read", async () => {
    const notices = Array.from({ length: 12 }, (_, index) =>
      noticeOf({
        id: `notice-${index}`,
        title: `Task ${index}`,
        created_at: `2026-12-01T08:00:${String(59 - index).padStart(2, "0")}.000Z`,
      }),
    );
    const service = new Notices(...notices);
    const { client } = await renderBell(service);
    await screen.findByRole("button", { name: "Notifications, 12 unread" });
    const [newest, ...others] = notices;
    service.items = [noticeOf({ ...newest, read_at: "2026-12-01T09:00:00.000Z" }), ...others];
    refreshNotices(client);
    await screen.findByRole("button", { name: "Notifications, 11 unread" });
    service.items = [
      noticeOf({ id: "new", title: "New", created_at: "2026-12-01T09:00:00.000Z" }),
      ...others,
    ];
    refreshNotices(client);
    expect(await screen.findByText("New")).toBeDefined();
    expect(screen.queryByText(/Task/)).toBeNull();
  });

  test("is told no more once the list is open", async () => {
    const service = new Notices();
    const { client, user } = await renderBell(service);
    await waitFor(() => expect(client.isFetching()).toBe(0));
    service.items = [noticeOf()];
    refreshNotices(client);
    await screen.findByRole("button", { name: "Dismiss" });
    await user.click(screen.getByRole("button", { name: /^Notifications/ }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Dismiss", hidden: true })).toBeNull());
  });

  test("is told no more once it was read elsewhere", async () => {
    const service = new Notices();
    const { client } = await renderBell(service);
    await waitFor(() => expect(client.isFetching()).toBe(0));
    service.items = [noticeOf()];
    refreshNotices(client);
    await screen.findByText("Call the dentist");
    service.items = [noticeOf({ read_at: "2026-12-01T09:00:00.000Z" })];
    refreshNotices(client);
    await waitFor(() => expect(screen.queryByText("Call the dentist")).toBeNull());
  });
});
