/** What the service refused, as its problem document (RFC 9457) tells it. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly type: string;
  /** The whole document, with members such as `errors` and `current`. */
  readonly document: Readonly<Record<string, unknown>>;
  /** Seconds after which it is worth another try, where the service says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, document: Record<string, unknown>, retryAfterSeconds?: number) {
    super(typeof document.detail === "string" ? document.detail : `The service answered ${status}.`);
    this.name = "ApiProblem";
    this.status = status;
    this.type = typeof document.type === "string" ? document.type : "about:blank";
    this.document = document;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Nobody answered: no network, or no service at its other end. Whether a change was made is not known. */
export class UnreachableError extends Error {
  constructor(cause: unknown) {
    super("The service cannot be reached.", { cause });
    this.name = "UnreachableError";
  }
}

/** Read the problem of an answer; of one that carries none (a proxy's page, say), make one of its status. */
export async function problemOf(answer: Response): Promise<ApiProblem> {
  let document: Record<string, unknown> = {};
  try {
    const parsed: unknown = await answer.json();
    if (typeof parsed === "object" && parsed !== null) {
      document = parsed as Record<string, unknown>;
    }
  } catch {
    // Its status says enough.
  }
  const seconds = Number(answer.headers.get("Retry-After") ?? Number.NaN);
  return new ApiProblem(answer.status, document, Number.isFinite(seconds) ? seconds : undefined);
}
