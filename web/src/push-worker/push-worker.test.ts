import { afterEach, describe, expect, test, vi } from "vitest";
import { json, noNetwork, refusal, type SentRequest, serve } from "../testing/service";
import { isOpenRequest, readPushMessage } from "./messages";
import { openPage } from "./open-page";
import { renewSubscription } from "./renew";
import { showPush } from "./show-push";
import type { WindowClient, WorkerScope } from "./worker-scope";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A window that answers, or one of an older version, which does not. */
class FakeWindow implements WindowClient {
  readonly shown: string[] = [];
  readonly focus = vi.fn(async () => undefined);
  readonly postMessage = vi.fn((message: unknown, ports: Transferable[]) => this.#receive(message, ports));
  readonly url: string;
  readonly visibilityState: DocumentVisibilityState;
  readonly #answers: boolean;

  constructor(
    readonly focused: boolean,
    { answers = true, isVisible = true, path = "/today" } = {},
  ) {
    this.url = `https://taskfleet.test${path}`;
    this.visibilityState = isVisible ? "visible" : "hidden";
    this.#answers = answers;
  }

  #receive(message: unknown, [port]: Transferable[]): void {
    if (this.#answers && isOpenRequest(message)) {
      this.shown.push(message.path);
      (port as MessagePort).postMessage("shown");
    }
  }
}

function scopeWith(windows: readonly WindowClient[] = [], subscriptions: object[] = []) {
  const showNotification = vi.fn(async (_title: string, _options: NotificationOptions) => undefined);
  const openWindow = vi.fn(async (_url: string) => undefined);
  const subscribe = vi.fn(async () => subscriptionAt("https://push.test/new"));
  const scope = {
    navigator: { setAppBadge: vi.fn(async () => undefined) },
    registration: {
      showNotification,
      pushManager: { getSubscription: async () => subscriptions[0] ?? null, subscribe },
    },
    clients: { matchAll: async () => windows, openWindow },
  };
  return { scope: scope as unknown as WorkerScope, showNotification, openWindow, subscribe };
}

/** Two keys of the service, in base64url, and their bytes. */
const [KEY, NEXT_KEY] = ["AAAA", "-_-_"];
const KEY_BYTES = new Uint8Array([0, 0, 0]).buffer;

/** A subscription of the first key. */
function subscriptionAt(endpoint: string) {
  return {
    endpoint,
    options: { applicationServerKey: KEY_BYTES },
    toJSON: () => ({ endpoint }),
    unsubscribe: vi.fn(async () => true),
  };
}

function pushOf(text: string) {
  return { data: { text: () => text }, waitUntil: () => undefined };
}

describe("a push", () => {
  test("is shown with its words, and replaces what has the same tag", async () => {
    const { scope, showNotification } = scopeWith();
    const message = { title: "Call", body: "Due", url: "/all?task=1", tag: "abc", unread: 2 };
    await showPush(scope, pushOf(JSON.stringify(message)));
    expect(showNotification.mock.calls).toEqual([
      ["Call", expect.objectContaining({ body: "Due", tag: "abc", data: { url: "/all?task=1" } })],
    ]);
    expect(scope.navigator.setAppBadge).toHaveBeenCalledWith(2);
  });

  test.each(["", "{", "7", "null", '{"title": 7}'])(
    "that cannot be read shows something: “%s”",
    async (text) => {
      const { scope, showNotification } = scopeWith();
      await showPush(scope, pushOf(text));
      expect(showNotification.mock.calls[0]?.[0]).toBe("Taskfleet");
    },
  );

  test.each(["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", 7])(
    "leads nowhere but into the app: %s",
    (url) => {
      expect(readPushMessage(JSON.stringify({ title: "Call", url })).url).toBe("/");
      expect(isOpenRequest({ type: "open-page", path: url })).toBe(false);
    },
  );
});

describe("a click on a notification", () => {
  const click = (url: unknown) => ({
    notification: { data: { url }, close: vi.fn() },
    waitUntil: () => undefined,
  });

  test("shows its page in the window that is in front, and closes it", async () => {
    const [behind, front] = [new FakeWindow(false, { isVisible: false }), new FakeWindow(true)];
    const { scope, openWindow } = scopeWith([behind, front]);
    const event = click("/all?task=1");
    await openPage(scope, event);
    expect([behind.shown, front.shown]).toEqual([[], ["/all?task=1"]]);
    expect(front.focus).toHaveBeenCalledOnce();
    expect(openWindow).not.toHaveBeenCalled();
    expect(event.notification.close).toHaveBeenCalledOnce();
  });

  test("opens a window where none is there", async () => {
    const { scope, openWindow } = scopeWith();
    await openPage(scope, click("/all?task=1"));
    expect(openWindow.mock.calls).toEqual([["/all?task=1"]]);
  });

  test("opens a window where those that are there do not answer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const silent = [1, 2, 3].map(() => new FakeWindow(true, { answers: false }));
    const { scope, openWindow } = scopeWith(silent);
    const opened = openPage(scope, click("/today"));
    // A browser lets the worker open one for a second after the click.
    await vi.advanceTimersByTimeAsync(600);
    expect(openWindow.mock.calls).toEqual([["/today"]]);
    await opened;
    expect(silent.map(({ postMessage }) => postMessage.mock.calls.length)).toEqual([1, 1, 1]);
    expect(silent.flatMap(({ focus }) => focus.mock.calls)).toEqual([]);
  });

  test.each(["/docs", "/api/v1/tasks", "/problems/not-found?x=1", "/calendar/feed.ics"])(
    "does not wait for a window that has none of the app: %s",
    async (path) => {
      const other = new FakeWindow(true, { answers: false, path });
      const { scope, openWindow } = scopeWith([other]);
      await openPage(scope, click("/today"));
      expect(openWindow.mock.calls).toEqual([["/today"]]);
      expect(other.postMessage).not.toHaveBeenCalled();
    },
  );

  test("asks a window of the app whose path begins like another's", async () => {
    const month = new FakeWindow(true, { path: "/calendar?month=2026-12" });
    const { scope } = scopeWith([month]);
    await openPage(scope, click("/today"));
    expect(month.shown).toEqual(["/today"]);
  });

  test("opens the app where its page is none of the app's", async () => {
    const { scope, openWindow } = scopeWith();
    await openPage(scope, click("https://evil.test/"));
    expect(openWindow.mock.calls).toEqual([["/"]]);
  });
});

describe("a subscription that the browser has ended", () => {
  const event = () => ({
    oldSubscription: subscriptionAt("https://push.test/old") as unknown as PushSubscription,
    waitUntil: () => undefined,
  });

  const isForKey = ({ url }: SentRequest) => url.pathname === "/api/v1/push/public-key";
  const serveKey = (key: string) =>
    serve((request) => (isForKey(request) ? json({ public_key: key }) : json({}, 201)));
  const changes = (requests: readonly SentRequest[]) =>
    requests
      .filter(({ method }) => method !== "GET")
      .map(({ method, url, body }) => [method, url.search, body]);

  test("is replaced at the service by a new one with its present key", async () => {
    const { scope, subscribe } = scopeWith();
    const requests = serveKey(NEXT_KEY);
    await renewSubscription(scope, event());
    expect(subscribe.mock.calls).toEqual([[{ userVisibleOnly: true, applicationServerKey: NEXT_KEY }]]);
    expect(changes(requests)).toEqual([
      ["POST", "", { endpoint: "https://push.test/new" }],
      ["DELETE", "?endpoint=https%3A%2F%2Fpush.test%2Fold", undefined],
    ]);
  });

  test.each([
    ["there is no network", () => Promise.reject(noNetwork())],
    ["the service is disturbed", () => refusal(503)],
    ["something else answers", () => new Response("<p>Sign in</p>")],
  ])("is replaced by one with the same key where %s", async (_why, answerForKey) => {
    const { scope, subscribe } = scopeWith();
    const requests = serve((request) => (isForKey(request) ? answerForKey() : json({}, 201)));
    await renewSubscription(scope, event());
    expect(subscribe.mock.calls).toEqual([[{ userVisibleOnly: true, applicationServerKey: KEY_BYTES }]]);
    expect(changes(requests)).toHaveLength(2);
  });

  test("is not replaced by one without a key", async () => {
    const { scope, subscribe } = scopeWith();
    serve((request) => (isForKey(request) ? refusal(404) : json({}, 201)));
    await expect(renewSubscription(scope, { waitUntil: () => undefined })).rejects.toThrow("no key");
    expect(subscribe).not.toHaveBeenCalled();
  });

  test("is replaced by what the browser has made, unless that is of a former key", async () => {
    const made = subscriptionAt("https://push.test/made");
    const { scope, subscribe } = scopeWith([], [made]);
    const kept = serveKey(KEY);
    await renewSubscription(scope, event());
    expect(changes(kept)[0]).toEqual(["POST", "", { endpoint: "https://push.test/made" }]);
    expect([made.unsubscribe, subscribe].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);

    const renewed = serveKey(NEXT_KEY);
    await renewSubscription(scope, event());
    expect(changes(renewed)[0]).toEqual(["POST", "", { endpoint: "https://push.test/new" }]);
    expect(made.unsubscribe).toHaveBeenCalledBefore(subscribe);
  });

  test("is replaced with an access token that has expired, too", async () => {
    const { scope } = scopeWith([], [subscriptionAt("https://push.test/old")]);
    let isFresh = false;
    const requests = serve((request) => {
      const { url } = request;
      if (isForKey(request)) {
        return json({ public_key: KEY });
      }
      isFresh ||= url.pathname === "/api/v1/auth/refresh";
      return json({}, isFresh ? 201 : 401);
    });
    await renewSubscription(scope, event());
    expect(requests.map(({ url }) => url.pathname)).toEqual([
      "/api/v1/push/public-key",
      "/api/v1/me/push-subscriptions",
      "/api/v1/auth/refresh",
      "/api/v1/me/push-subscriptions",
    ]);
  });
});
