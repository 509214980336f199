import { vi } from "vitest";

/** A request as it left the app. */
export interface SentRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** The parsed JSON body; undefined without one. */
  readonly body: unknown;
}

/** What stands in for the service: answers a request, or throws as `fetch` does when nobody answers. */
export type Answer = (request: SentRequest) => Response | Promise<Response>;

/** Put something in the service's place at the edge of the network; returns the requests as they come. */
export function serve(answer: Answer): readonly SentRequest[] {
  const requests: SentRequest[] = [];
  vi.stubGlobal("fetch", async (url: string, options: RequestInit = {}): Promise<Response> => {
    options.signal?.throwIfAborted();
    const request: SentRequest = {
      method: options.method ?? "GET",
      url: new URL(url, "http://taskfleet.test"),
      headers: new Headers(options.headers),
      body: typeof options.body === "string" ? JSON.parse(options.body) : undefined,
    };
    requests.push(request);
    return untilAborted(Promise.resolve(request).then(answer), options.signal);
  });
  return requests;
}

/** An answer with a JSON body. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json", ...headers },
  });
}

/** A refusal as the service writes it (RFC 9457). */
export function refusal(
  status: number,
  members: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Response {
  return json({ type: "about:blank", title: "Refused", status, ...members }, status, headers);
}

/** What `fetch` throws when there is no network. */
export function noNetwork(): TypeError {
  return new TypeError("Failed to fetch");
}

/** Reject as soon as the signal fires, as `fetch` does, however long the answer takes. */
function untilAborted(answer: Promise<Response>, signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
    answer.then(resolve, reject);
  });
}
