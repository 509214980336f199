import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deferred } from "../testing/deferred";
import { ExclusiveLocks } from "../testing/locks";
import { json, noNetwork, refusal, serve } from "../testing/service";
import { newIdempotencyKey, send } from "./http";
import { ApiProblem, UnreachableError } from "./problem";

beforeEach(() => {
  vi.stubGlobal("navigator", { onLine: true, locks: new ExclusiveLocks() });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** What the promise rejects with; fails if it resolves. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It was expected to fail.");
}

async function problemOfAnswer(answer: Response): Promise<ApiProblem> {
  serve(() => answer);
  const failure = await failureOf(send("/api/v1/tasks"));
  expect(failure).toBeInstanceOf(ApiProblem);
  return failure as ApiProblem;
}

describe("sending a request", () => {
  test("gives the parsed body of the answer", async () => {
    serve(() => json({ items: ["milk"] }));
    expect(await send("/api/v1/tasks")).toEqual({ items: ["milk"] });
  });

  test("gives undefined where the answer has no body", async () => {
    serve(() => new Response(null, { status: 204 }));
    expect(await send("/api/v1/tasks/1", { method: "DELETE" })).toBeUndefined();
  });

  test("sends method, address and body as they were given, and asks for JSON", async () => {
    const requests = serve(() => json({}));
    await send("/api/v1/tasks?limit=2", { method: "POST", body: '{"title":"Milk"}' });
    expect(requests).toHaveLength(1);
    const [request] = requests;
    expect(request?.method).toBe("POST");
    expect(`${request?.url.pathname}${request?.url.search}`).toBe("/api/v1/tasks?limit=2");
    expect(request?.body).toEqual({ title: "Milk" });
    expect(request?.headers.get("Accept")).toBe("application/json");
  });

  test("sends the cookies of this origin and no others", async () => {
    const fetched = vi.fn(async () => json({}));
    vi.stubGlobal("fetch", fetched);
    await send("/api/v1/tasks");
    expect(fetched).toHaveBeenCalledWith(
      "/api/v1/tasks",
      expect.objectContaining({ credentials: "same-origin" }),
    );
  });
});

describe("idempotency", () => {
  test("every POST carries a key of its own", async () => {
    const requests = serve(() => json({}));
    await send("/api/v1/tasks", { method: "POST" });
    await send("/api/v1/tasks", { method: "POST" });
    const keys = requests.map((request) => request.headers.get("Idempotency-Key"));
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[0]).not.toBe(keys[1]);
  });

  test.each([
    ["an object", { "Idempotency-Key": "mine" }],
    ["an object in lower case", { "idempotency-key": "mine" }],
    ["Headers", new Headers({ "Idempotency-Key": "mine" })],
  ])("the caller's own key is kept, given as %s", async (_form, headers) => {
    const requests = serve(() => json({}));
    await send("/api/v1/tasks", { method: "POST", headers });
    expect(requests[0]?.headers.get("Idempotency-Key")).toBe("mine");
  });

  test.each([undefined, "GET", "PATCH", "DELETE"])(
    "a request with method %s carries none",
    async (method) => {
      const requests = serve(() => json({}));
      await send("/api/v1/tasks", { method });
      expect(requests[0]?.headers.has("Idempotency-Key")).toBe(false);
    },
  );

  test.each(["/api/v1/auth/dev/login", "/api/v1/me/tokens", "/api/v1/me/calendar-feed"])(
    "a POST to %s carries none: its answer holds a secret, which nobody may keep",
    async (url) => {
      const requests = serve(() => json({}));
      await send(url, { method: "POST" });
      expect(requests[0]?.headers.has("Idempotency-Key")).toBe(false);
    },
  );

  test("a POST that is sent again after the session was renewed has the same key", async () => {
    let isExpired = true;
    const requests = serve(({ url }) => {
      if (url.pathname === "/api/v1/auth/refresh") {
        isExpired = false;
        return json({});
      }
      return isExpired ? refusal(401) : json({}, 201);
    });
    await send("/api/v1/tasks", { method: "POST", body: '{"title":"Milk"}' });
    const posts = requests.filter(({ url }) => url.pathname === "/api/v1/tasks");
    expect(posts).toHaveLength(2);
    expect(posts[0]?.headers.get("Idempotency-Key")).toMatch(/./);
    expect(posts[1]?.headers.get("Idempotency-Key")).toBe(posts[0]?.headers.get("Idempotency-Key"));
    expect(posts[1]?.body).toEqual({ title: "Milk" });
  });

  test("keys do not repeat", () => {
    const keys = Array.from({ length: 1_000 }, newIdempotencyKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("an answer that refuses", () => {
  test("rejects with the problem that the service tells", async () => {
    const problem = await problemOfAnswer(
      refusal(422, {
        type: "/problems/validation",
        detail: "The title is too long.",
        errors: [{ pointer: "/title", detail: "It is too long." }],
      }),
    );
    expect(problem).toMatchObject({
      status: 422,
      type: "/problems/validation",
      message: "The title is too long.",
      document: { errors: [{ pointer: "/title", detail: "It is too long." }] },
      retryAfterSeconds: undefined,
    });
  });

  test.each([
    ["a page of HTML", "<html>Bad gateway</html>"],
    ["nothing", null],
    ["JSON that is no object", '"no"'],
    ["JSON null", "null"],
  ])("rejects with a problem made of its status where the body is %s", async (_what, body) => {
    const problem = await problemOfAnswer(new Response(body, { status: 502 }));
    expect(problem).toMatchObject({ status: 502, type: "about:blank", document: {} });
    expect(problem.message).toContain("502");
  });

  test("does not take members of another type for text", async () => {
    const problem = await problemOfAnswer(json({ type: 7, detail: { is: "odd" } }, 400));
    expect(problem).toMatchObject({ status: 400, type: "about:blank" });
    expect(problem.message).toContain("400");
  });

  test.each([
    ["7", 7],
    ["0", 0],
  ])("says when to come again where Retry-After is %s seconds", async (text, seconds) => {
    const problem = await problemOfAnswer(refusal(429, {}, { "Retry-After": text }));
    expect(problem.retryAfterSeconds).toBe(seconds);
  });

  test("leaves it open when to come again where Retry-After is a date", async () => {
    const problem = await problemOfAnswer(
      refusal(503, {}, { "Retry-After": "Tue, 01 Dec 2026 09:00:00 GMT" }),
    );
    expect(problem.retryAfterSeconds).toBeUndefined();
  });
});

describe("a request that nobody answers", () => {
  test("rejects with UnreachableError, which keeps the cause", async () => {
    const cause = noNetwork();
    serve(() => Promise.reject(cause));
    const failure = await failureOf(send("/api/v1/tasks"));
    expect(failure).toBeInstanceOf(UnreachableError);
    expect(failure).toMatchObject({ cause });
  });

  test("is given up after a while and rejects with UnreachableError", async () => {
    const patience = new AbortController();
    const waiting = vi.spyOn(AbortSignal, "timeout").mockReturnValue(patience.signal);
    serve(() => new Promise(() => {}));
    const sent = failureOf(send("/api/v1/tasks"));
    patience.abort(new DOMException("The time is up.", "TimeoutError"));
    expect(await sent).toBeInstanceOf(UnreachableError);
    // The service itself gives up after 10 s; its answer must not be missed.
    expect(waiting.mock.calls[0]?.[0]).toBeGreaterThan(10_000);
  });
});

describe("an answer that breaks off", () => {
  /** An answer of which the beginning has come; `end` settles what becomes of the rest. */
  function beginning(end: Promise<never>): Response {
    const answer = json({});
    vi.spyOn(answer, "json").mockReturnValue(end);
    return answer;
  }

  test("is one that nobody gave", async () => {
    const cause = new TypeError("terminated");
    serve(() => beginning(Promise.reject(cause)));
    const failure = await failureOf(send("/api/v1/tasks", { method: "POST" }));
    expect(failure).toBeInstanceOf(UnreachableError);
    expect(failure).toMatchObject({ cause });
  });

  test("because its caller cancels stays an abort", async () => {
    const rest = deferred<never>();
    const caller = new AbortController();
    const answer = beginning(rest.promise);
    serve(() => answer);
    const sent = failureOf(send("/api/v1/tasks", { signal: caller.signal }));
    await vi.waitFor(() => expect(answer.json).toHaveBeenCalled());
    caller.abort();
    rest.reject(caller.signal.reason);
    expect(await sent).toBe(caller.signal.reason);
  });
});

describe("a request that its caller cancels", () => {
  test("stays an abort", async () => {
    serve(() => new Promise(() => {}));
    const caller = new AbortController();
    const sent = failureOf(send("/api/v1/tasks", { signal: caller.signal }));
    caller.abort();
    const failure = await sent;
    expect(failure).not.toBeInstanceOf(UnreachableError);
    expect(failure).toBe(caller.signal.reason);
  });

  test("is a failure of the network again if the network failed before the caller cancelled", async () => {
    const caller = new AbortController();
    serve(() => Promise.reject(noNetwork()));
    const failure = await failureOf(send("/api/v1/tasks", { signal: caller.signal }));
    caller.abort();
    expect(failure).toBeInstanceOf(UnreachableError);
  });

  test("is not sent again after the session has been renewed", async () => {
    const renewal = deferred<Response>();
    const caller = new AbortController();
    const requests = serve(({ url }) =>
      url.pathname === "/api/v1/auth/refresh" ? renewal.promise : refusal(401),
    );
    const sent = failureOf(send("/api/v1/tasks", { signal: caller.signal }));
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    caller.abort();
    renewal.resolve(json({}));
    expect(await sent).toBe(caller.signal.reason);
    expect(requests).toHaveLength(2);
  });
});

describe("an address under /auth/", () => {
  let paths: () => string[];

  beforeEach(() => {
    const requests = serve(() => refusal(401, { detail: "No session." }));
    paths = () => requests.map(({ url }) => url.pathname);
  });

  test("never has the session renewed", async () => {
    expect(await failureOf(send("/api/v1/auth/logout", { method: "POST" }))).toMatchObject({ status: 401 });
    expect(paths()).toEqual(["/api/v1/auth/logout"]);
  });

  test("unlike every other one", async () => {
    await failureOf(send("/api/v1/me"));
    expect(paths()).toEqual(["/api/v1/me", "/api/v1/auth/refresh"]);
  });
});
