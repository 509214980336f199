import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakePush } from "../../testing/push";
import { json, refusal, type SentRequest, serve } from "../../testing/service";
import { keepPush, leavePush, PushServiceError, readPush, turnPushOff, turnPushOn } from "./push";
import { notePushSignedOut, pushMark } from "./push-mark";

let push: FakePush;

beforeEach(() => {
  push = new FakePush();
  push.install();
  key = KEY;
  devices = [];
});

afterEach(() => {
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "serviceWorker");
});

/** Two keys of the service, in base64url. */
const [KEY, NEXT_KEY] = ["AAAA", "-_-_"];

let key: string;
/** What the service has, and what it is asked. */
let devices: string[];

function answer({ method, url, body }: SentRequest): Response {
  if (url.pathname === "/api/v1/push/public-key") {
    return json({ public_key: key });
  }
  switch (method) {
    case "GET":
      return json({ items: devices.map((endpoint) => ({ endpoint })) });
    case "DELETE":
      devices = devices.filter((endpoint) => endpoint !== url.searchParams.get("endpoint"));
      return new Response(null, { status: 204 });
    default:
      devices.push((body as { endpoint: string }).endpoint);
      return json({ id: "subscription-1" }, 201);
  }
}

/** What was changed about subscriptions. */
function sent(requests: readonly SentRequest[]): string[] {
  return requests
    .filter(({ method, url }) => method !== "GET" && url.pathname === "/api/v1/me/push-subscriptions")
    .map(({ method, url, body }) => {
      const endpoint =
        (body as { endpoint?: string } | undefined)?.endpoint ?? url.searchParams.get("endpoint");
      return `${method} ${endpoint}`;
    });
}

describe("what is possible", () => {
  test("is off until it is turned on, and off again afterwards", async () => {
    const requests = serve(answer);
    expect(await readPush()).toEqual({ kind: "off" });
    await turnPushOn("ada");
    expect(await readPush()).toEqual({ kind: "on", endpoint: "https://push.test/1" });
    await turnPushOff();
    expect(await readPush()).toEqual({ kind: "off" });
    expect(push.subscription).toBeNull();
    expect(sent(requests)).toEqual(["POST https://push.test/1", "DELETE https://push.test/1"]);
  });

  test("is nothing where the service has no key", async () => {
    serve(() => refusal(404));
    expect(await readPush()).toEqual({ kind: "unavailable" });
  });

  test("is nothing where the browser knows no push", async () => {
    Reflect.deleteProperty(navigator, "serviceWorker");
    expect(await readPush()).toEqual({ kind: "unsupported" });
  });

  test("is denied where the user has blocked it", async () => {
    serve(answer);
    push.permission = "denied";
    expect(await readPush()).toEqual({ kind: "denied" });
  });
});

describe("turning it on", () => {
  test("leaves nothing noted where the service refuses", async () => {
    serve((request) => (request.method === "POST" ? refusal(409) : answer(request)));
    await expect(turnPushOn("ada")).rejects.toMatchObject({ status: 409 });
    expect(pushMark()).toBeUndefined();
  });

  test("tells a browser that cannot reach its push service from a service that refuses", async () => {
    serve(answer);
    push.failure = new DOMException("No.", "AbortError");
    await expect(turnPushOn("ada")).rejects.toBeInstanceOf(PushServiceError);
  });

  test("replaces a subscription of an older key, at the service too", async () => {
    serve(answer);
    await turnPushOn("ada");
    key = NEXT_KEY;
    await turnPushOn("ada");
    expect(devices).toEqual(["https://push.test/2"]);
  });

  test("is done where the service cannot be told of the one before", async () => {
    serve((request) => (request.method === "DELETE" ? refusal(403) : answer(request)));
    await turnPushOn("ada");
    key = NEXT_KEY;
    await turnPushOn("ada");
    expect(pushMark()?.endpoint).toBe("https://push.test/2");
  });
});

describe("turning it off", () => {
  test("changes nothing where the service cannot be told", async () => {
    serve((request) => (request.method === "DELETE" ? refusal(403) : answer(request)));
    await turnPushOn("ada");
    await expect(turnPushOff()).rejects.toMatchObject({ status: 403 });
    expect(await readPush()).toEqual({ kind: "on", endpoint: "https://push.test/1" });
  });
});

describe("a start of the app", () => {
  let requests: readonly SentRequest[];

  beforeEach(async () => {
    serve(answer);
    await turnPushOn("ada");
    requests = serve(answer);
  });

  test("changes nothing where all is as it was", async () => {
    await keepPush("ada");
    expect(sent(requests)).toEqual([]);
    expect(pushMark()?.endpoint).toBe("https://push.test/1");
  });

  test("leaves alone what was removed elsewhere, and notes it", async () => {
    devices = [];
    await keepPush("ada");
    expect(push.subscription).toBeNull();
    expect(pushMark()).toBeUndefined();
    expect(sent(requests)).toEqual([]);
  });

  test("subscribes anew where the service has another key", async () => {
    key = NEXT_KEY;
    await keepPush("ada");
    await keepPush("ada");
    expect(push.subscription?.key).toBe(NEXT_KEY);
    expect(sent(requests)).toEqual(["POST https://push.test/2", "DELETE https://push.test/1"]);
  });

  test("notes what the worker has renewed", async () => {
    await push.subscription?.unsubscribe();
    const { endpoint } = await (await navigator.serviceWorker.ready).pushManager.subscribe({
      applicationServerKey: KEY,
    });
    devices = [endpoint];
    await keepPush("ada");
    expect(pushMark()?.endpoint).toBe(endpoint);
    expect(sent(requests)).toEqual([]);
  });

  test("keeps the note where the service cannot be asked", async () => {
    serve(() => refusal(403));
    await expect(keepPush("ada")).rejects.toMatchObject({ status: 403 });
    expect(pushMark()?.endpoint).toBe("https://push.test/1");
  });

  test("subscribes again after another sign-in of the same user, once", async () => {
    devices = []; // the service tells of sessions that are alive
    notePushSignedOut();
    await keepPush("ada");
    await keepPush("ada");
    expect(sent(requests)).toEqual(["POST https://push.test/1"]);
  });

  test("subscribes again where the browser has ended the subscription", async () => {
    push.subscription = null;
    await keepPush("ada");
    expect(sent(requests)).toEqual(["POST https://push.test/2", "DELETE https://push.test/1"]);
    expect(pushMark()?.endpoint).toBe("https://push.test/2");
  });

  test("asks for nothing where the user has taken the leave back", async () => {
    push.subscription = null;
    push.permission = "default";
    await keepPush("ada");
    expect(requests).toEqual([]);
  });

  test("of somebody else ends what comes to the one before", async () => {
    await keepPush("grace");
    expect(push.subscription).toBeNull();
    expect(pushMark()).toBeUndefined();
    expect(sent(requests)).toEqual([]);
  });
});

test("leaving ends what comes, and closes what has come", async () => {
  serve(answer);
  await turnPushOn("ada");
  const close = vi.fn();
  push.shown.push({ close });
  await leavePush();
  expect(push.subscription).toBeNull();
  expect(pushMark()).toBeUndefined();
  expect(close).toHaveBeenCalledOnce();
});
