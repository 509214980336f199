import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiProblem, UnreachableError } from "../../api/problem";
import { importOf } from "../../testing/imports";
import { ExclusiveLocks } from "../../testing/locks";
import { LostFileError, UnderWayError, upload } from "./upload";

/** A request that ends as the test wants. */
class Request {
  static sent: Request[] = [];
  static act: (request: Request) => void = () => {};
  readonly upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  readonly headers = new Map<string, string>();
  onload = () => {};
  onerror = () => {};
  onabort = () => {};
  status = 0;
  responseText = "";
  answerHeaders: Record<string, string> = {};
  line: readonly string[] = [];
  body: Blob | undefined;

  open(...line: readonly string[]) {
    this.line = line;
  }
  setRequestHeader(name: string, value: string) {
    this.headers.set(name, value);
  }
  getResponseHeader(name: string): string | null {
    return this.answerHeaders[name] ?? null;
  }
  send(body: Blob) {
    this.body = body;
    Request.sent.push(this);
    Request.act(this);
  }
  abort() {
    this.onabort();
  }
  answer(status: number, body: unknown, headers: Record<string, string> = {}) {
    Object.assign(this, { status, responseText: JSON.stringify(body), answerHeaders: headers });
    this.onload();
  }
}

function begin(
  act: (request: Request) => void,
  file = new File(["title\nMilk\n"], "Home.csv", { type: "text/plain" }),
) {
  Request.sent = [];
  Request.act = act;
  vi.stubGlobal("XMLHttpRequest", Request);
  const aborting = new AbortController();
  const onShare = vi.fn();
  const ending = upload({
    url: "/api/v1/me/import?format=csv",
    file,
    mediaType: "text/csv",
    key: "key-1",
    signal: aborting.signal,
    onShare,
  });
  return { ending, aborting, onShare };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("sending a file", () => {
  test("sends it whole, with its type and its key, and tells how far it is", async () => {
    const { ending, onShare } = begin((request) => {
      request.upload.onprogress?.({ loaded: 5, total: 20 });
      request.answer(200, importOf());
    });
    expect(await ending).toEqual(importOf());
    const [request] = Request.sent;
    expect(request?.line).toEqual(["POST", "/api/v1/me/import?format=csv"]);
    expect(request?.headers.get("Content-Type")).toBe("text/csv");
    expect(request?.headers.get("Idempotency-Key")).toBe("key-1");
    expect(request?.body?.type).toBe("text/csv");
    expect(await request?.body?.text()).toBe("title\nMilk\n");
    expect(onShare.mock.calls).toEqual([[0.25]]);
  });

  test("renews a session that has expired, and sends it again under the same key", async () => {
    vi.stubGlobal("navigator", { onLine: true, locks: new ExclusiveLocks() });
    const renewed = vi.fn(async () => new Response("{}"));
    vi.stubGlobal("fetch", renewed);
    const { ending } = begin((request) =>
      Request.sent.length === 1 ? request.answer(401, {}) : request.answer(200, importOf()),
    );
    expect((await ending).id).toBe("import-1");
    expect(renewed).toHaveBeenCalledOnce();
    expect(Request.sent.map(({ headers }) => headers.get("Idempotency-Key"))).toEqual(["key-1", "key-1"]);
  });

  test("rejects with what the service says", async () => {
    const { ending } = begin((request) => request.answer(422, { detail: "Line 1: no." }));
    await expect(ending).rejects.toEqual(new ApiProblem(422, { detail: "Line 1: no." }));
  });

  test("rejects with the import that is under way", async () => {
    const { ending } = begin((request) =>
      request.answer(
        409,
        { type: "/problems/import-under-way" },
        { Location: "/api/v1/me/imports/import-9" },
      ),
    );
    await expect(ending).rejects.toMatchObject({ name: "UnderWayError", importId: "import-9" });
    await expect(ending).rejects.toBeInstanceOf(UnderWayError);
  });

  test("rejects where the connection is lost", async () => {
    const { ending } = begin((request) => request.onerror());
    await expect(ending).rejects.toBeInstanceOf(UnreachableError);
  });

  test("is given up when nothing gets through for half a minute", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { ending } = begin(() => {});
    const failing = expect(ending).rejects.toBeInstanceOf(UnreachableError);
    await vi.waitFor(() => expect(Request.sent).toHaveLength(1));
    vi.advanceTimersByTime(29_000);
    Request.sent[0]?.upload.onprogress?.({ loaded: 1, total: 20 });
    const abort = vi.spyOn(Request.sent[0] as Request, "abort");
    vi.advanceTimersByTime(29_000);
    expect(abort).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(abort).toHaveBeenCalledOnce();
    await failing;
  });

  test("stays an abort where somebody stops it", async () => {
    const { ending, aborting } = begin(() => aborting.abort());
    await expect(ending).rejects.toMatchObject({ name: "AbortError" });
  });

  test("says so where the file is no longer there, without a request", async () => {
    const file = new File(["x"], "Home.csv");
    const gone = { arrayBuffer: async () => Promise.reject(new DOMException("", "NotReadableError")) };
    vi.spyOn(file, "slice").mockReturnValue(gone as unknown as Blob);
    const { ending } = begin(() => {}, file);
    await expect(ending).rejects.toBeInstanceOf(LostFileError);
    expect(Request.sent).toHaveLength(0);
  });
});
