/** What a push says; the service's `make_plaintext`. */
export interface PushMessage {
  readonly title: string;
  readonly body: string;
  /** A path of this app. */
  readonly url: string;
  /** The same when it is told again, so that it replaces what is shown. */
  readonly tag: string;
  readonly unread: number | undefined;
}

/** Asks a window to show a page of this app; it answers on the port that comes with it. */
export interface OpenRequest {
  readonly type: "open-page";
  readonly path: string;
}

/** What is shown of a push that nobody can read: browsers want something shown of every one. */
const UNREADABLE: PushMessage = {
  title: "Taskfleet",
  body: "",
  url: "/",
  tag: "unreadable",
  unread: undefined,
};

/** Read what was pushed. */
export function readPushMessage(text: string | undefined): PushMessage {
  let content: unknown;
  try {
    content = JSON.parse(text ?? "");
  } catch {
    return UNREADABLE;
  }
  if (typeof content !== "object" || content === null) {
    return UNREADABLE;
  }
  const { title, body, url, tag, unread } = content as Record<string, unknown>;
  return {
    title: textOr(title, UNREADABLE.title),
    body: textOr(body, UNREADABLE.body),
    url: pathOr(url, UNREADABLE.url),
    tag: textOr(tag, UNREADABLE.tag),
    unread: typeof unread === "number" ? unread : undefined,
  };
}

/** Whether a message asks for a page. */
export function isOpenRequest(message: unknown): message is OpenRequest {
  return (
    typeof message === "object" &&
    message !== null &&
    "type" in message &&
    message.type === "open-page" &&
    "path" in message &&
    pathOr(message.path, "") !== ""
  );
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value : otherwise;
}

/** A path of this app and nothing else, or a push could lead anywhere. */
function pathOr(value: unknown, otherwise: string): string {
  return typeof value === "string" && /^\/(?![/\\])/.test(value) ? value : otherwise;
}
