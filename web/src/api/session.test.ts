import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deferred } from "../testing/deferred";
import { ExclusiveLocks } from "../testing/locks";
import { json, noNetwork, refusal, type SentRequest, serve } from "../testing/service";

const REFRESH = "/api/v1/auth/refresh";

type Tab = Awaited<ReturnType<typeof openTab>>;

/** Load the app's modules anew: another tab shares storage, locks and cookies with this one, and nothing else. */
async function openTab() {
  vi.resetModules();
  const [http, session, problem] = await Promise.all([
    import("./http"),
    import("./session"),
    import("./problem"),
  ]);
  return { ...http, ...session, ...problem };
}

/** The service, with an access token in the cookies that a refresh renews. */
class Sessions {
  isExpired = true;
  /** What a refresh is answered with. */
  refresh: () => Response | Promise<Response> = () => json({ access_token: "new" });

  readonly answer = async ({ url }: SentRequest): Promise<Response> => {
    if (url.pathname === REFRESH) {
      const answer = await this.refresh();
      this.isExpired &&= !answer.ok;
      return answer;
    }
    return this.isExpired ? refusal(401) : json({ path: url.pathname });
  };
}

function countOf(requests: readonly SentRequest[], path: string): number {
  return requests.filter(({ url }) => url.pathname === path).length;
}

let tab: Tab;
let sessions: Sessions;
let requests: readonly SentRequest[];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-12-01T09:00:00Z") });
  vi.stubGlobal("navigator", { onLine: true, locks: new ExclusiveLocks() });
  sessions = new Sessions();
  requests = serve(sessions.answer);
  tab = await openTab();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Let time pass, as it does between any two answers. */
function elapse(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
}

describe("when the access token has expired", () => {
  test("several parallel requests renew it once and are each sent again", async () => {
    const paths = ["/api/v1/tasks", "/api/v1/lists", "/api/v1/labels"];
    const answers = await Promise.all(paths.map((path) => tab.send(path)));
    expect(answers).toEqual(paths.map((path) => ({ path })));
    expect(countOf(requests, REFRESH)).toBe(1);
    expect(paths.map((path) => countOf(requests, path))).toEqual([2, 2, 2]);
  });

  test("a refusal that arrives after the renewal does not lead to another one", async () => {
    const late = deferred<Response>();
    let isFirst = true;
    requests = serve((request) => {
      if (request.url.pathname === "/api/v1/labels" && isFirst) {
        isFirst = false;
        return late.promise;
      }
      return sessions.answer(request);
    });
    const slow = tab.send("/api/v1/labels");
    elapse(20);
    await tab.send("/api/v1/tasks");
    elapse(20);
    late.resolve(refusal(401));
    expect(await slow).toEqual({ path: "/api/v1/labels" });
    expect(countOf(requests, REFRESH)).toBe(1);
  });

  test("it is renewed again when the next one has expired", async () => {
    await tab.send("/api/v1/tasks");
    elapse(600_000);
    sessions.isExpired = true;
    await tab.send("/api/v1/tasks");
    expect(countOf(requests, REFRESH)).toBe(2);
  });

  test("the renewal is a POST without a body", async () => {
    await tab.send("/api/v1/tasks");
    expect(requests.find(({ url }) => url.pathname === REFRESH)).toMatchObject({
      method: "POST",
      body: undefined,
    });
  });

  test("nothing is renewed while the token is good", async () => {
    sessions.isExpired = false;
    await tab.send("/api/v1/tasks");
    expect(countOf(requests, REFRESH)).toBe(0);
  });

  test("it is renewed where the browser has no locks", async () => {
    vi.stubGlobal("navigator", { onLine: true });
    expect(await tab.send("/api/v1/tasks")).toEqual({ path: "/api/v1/tasks" });
    expect(countOf(requests, REFRESH)).toBe(1);
  });
});

describe("with the app open in two tabs", () => {
  test("a tab believes the other that has refreshed since its request was sent", async () => {
    const other = await openTab();
    const refused = deferred<Response>();
    let isFirst = true;
    requests = serve((request) => {
      if (request.url.pathname === "/api/v1/labels" && isFirst) {
        isFirst = false;
        return refused.promise;
      }
      return sessions.answer(request);
    });
    const waiting = tab.send("/api/v1/labels");
    elapse(20);
    await other.send("/api/v1/tasks");
    refused.resolve(refusal(401));
    expect(await waiting).toEqual({ path: "/api/v1/labels" });
    expect(countOf(requests, REFRESH)).toBe(1);
  });

  test("a tab does not believe a refresh from before its request", async () => {
    const other = await openTab();
    await other.send("/api/v1/tasks");
    elapse(1);
    sessions.isExpired = true;
    await tab.send("/api/v1/labels");
    expect(countOf(requests, REFRESH)).toBe(2);
  });

  test("a refresh that seems to lie in the future, as the clock was set back, is not believed", async () => {
    const other = await openTab();
    await other.send("/api/v1/tasks");
    elapse(-3_600_000);
    sessions.isExpired = true;
    expect(await tab.send("/api/v1/labels")).toEqual({ path: "/api/v1/labels" });
    expect(countOf(requests, REFRESH)).toBe(2);
  });

  test("requests of both that are refused at the same time lead to one refresh", async () => {
    const other = await openTab();
    const renewal = deferred<Response>();
    sessions.refresh = () => renewal.promise;
    const both = Promise.all([tab.send("/api/v1/tasks"), other.send("/api/v1/labels")]);
    await vi.waitFor(() => expect(countOf(requests, REFRESH)).toBe(1));
    elapse(20);
    renewal.resolve(json({}));
    expect(await both).toEqual([{ path: "/api/v1/tasks" }, { path: "/api/v1/labels" }]);
    expect(countOf(requests, REFRESH)).toBe(1);
  });

  test("a tab asks by itself after the refresh of the other failed", async () => {
    const other = await openTab();
    const renewals = [() => Promise.reject(noNetwork()), () => json({})];
    sessions.refresh = () => renewals.shift()?.() ?? refusal(500);
    const outcomes = await Promise.allSettled([other.send("/api/v1/tasks"), tab.send("/api/v1/labels")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(countOf(requests, REFRESH)).toBe(2);
  });
});

describe("when the session has ended", () => {
  beforeEach(() => {
    sessions.refresh = () => refusal(401, { detail: "Sign in again." });
  });

  test("the request rejects with the problem of the refresh, and is not sent again", async () => {
    const failure = await tab.send("/api/v1/tasks").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(tab.ApiProblem);
    expect(failure).toMatchObject({ status: 401, message: "Sign in again." });
    expect(countOf(requests, "/api/v1/tasks")).toBe(1);
  });

  test("listeners are told", async () => {
    const listener = vi.fn();
    tab.onSessionEnd(listener);
    await expect(tab.send("/api/v1/tasks")).rejects.toThrow();
    expect(listener).toHaveBeenCalledOnce();
  });

  test("those that stopped listening are not", async () => {
    const listener = vi.fn();
    const stop = tab.onSessionEnd(listener);
    stop();
    await expect(tab.send("/api/v1/tasks")).rejects.toThrow();
    expect(listener).not.toHaveBeenCalled();
  });

  test("every waiting request learns it from one refresh", async () => {
    const outcomes = await Promise.allSettled([tab.send("/api/v1/tasks"), tab.send("/api/v1/lists")]);
    expect(outcomes).toMatchObject([{ reason: { status: 401 } }, { reason: { status: 401 } }]);
    expect(countOf(requests, REFRESH)).toBe(1);
  });

  test("signing in makes requests succeed again", async () => {
    await expect(tab.send("/api/v1/tasks")).rejects.toThrow();
    sessions.isExpired = false;
    expect(await tab.send("/api/v1/tasks")).toEqual({ path: "/api/v1/tasks" });
  });

  test("a request that is refused even after a refresh says so, and is not sent a third time", async () => {
    const listener = vi.fn();
    tab.onSessionEnd(listener);
    requests = serve(({ url }) => (url.pathname === REFRESH ? json({}) : refusal(401)));
    await expect(tab.send("/api/v1/tasks")).rejects.toMatchObject({ status: 401 });
    expect(countOf(requests, "/api/v1/tasks")).toBe(2);
    expect(listener).toHaveBeenCalledOnce();
  });
});

describe("when nobody can tell whether the session has ended", () => {
  test.each([
    ["there is no network", () => Promise.reject(noNetwork()), "UnreachableError"],
    ["the service is away", () => refusal(503), "ApiProblem"],
    ["too many refreshes were asked for", () => refusal(429), "ApiProblem"],
  ])("listeners are not told that it has: %s", async (_why, refresh, name) => {
    const listener = vi.fn();
    tab.onSessionEnd(listener);
    sessions.refresh = refresh;
    await expect(tab.send("/api/v1/tasks")).rejects.toMatchObject({ name });
    expect(listener).not.toHaveBeenCalled();
  });

  test("a renewal that nobody answers is given up, and does not hold up the other tabs for ever", async () => {
    const other = await openTab();
    const patience: AbortController[] = [];
    vi.spyOn(AbortSignal, "timeout").mockImplementation(() => {
      const running = new AbortController();
      patience.push(running);
      return running.signal;
    });
    sessions.refresh = () => new Promise(() => {});
    const sent = tab.send("/api/v1/tasks");
    const outcome = expect(sent).rejects.toBeInstanceOf(tab.UnreachableError);
    await vi.waitFor(() => expect(countOf(requests, REFRESH)).toBe(1));
    sessions.refresh = () => json({});
    const waiting = other.send("/api/v1/labels");
    await vi.waitFor(() => expect(countOf(requests, "/api/v1/labels")).toBe(1));
    patience[1]?.abort(new DOMException("The time is up.", "TimeoutError"));
    await outcome;
    expect(await waiting).toEqual({ path: "/api/v1/labels" });
  });

  test("the next request tries again", async () => {
    sessions.refresh = () => Promise.reject(noNetwork());
    await expect(tab.send("/api/v1/tasks")).rejects.toThrow();
    sessions.refresh = () => json({});
    expect(await tab.send("/api/v1/tasks")).toEqual({ path: "/api/v1/tasks" });
  });

  test("another refusal than 401 does not end the session", async () => {
    const listener = vi.fn();
    tab.onSessionEnd(listener);
    requests = serve(() => refusal(403));
    await expect(tab.send("/api/v1/tasks")).rejects.toMatchObject({ status: 403 });
    expect(listener).not.toHaveBeenCalled();
    expect(countOf(requests, REFRESH)).toBe(0);
  });
});
