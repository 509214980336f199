import { keepText } from "../../device/storage";

/** Whose pushes come to this browser, and where; it tells what to do at a start without asking anybody. */
export interface PushMark {
  readonly userId: string;
  readonly endpoint: string;
}

const MARK = "taskfleet.push";
const SIGNED_OUT = "taskfleet.push-signed-out";

/** Whose pushes come here; undefined where there are none. */
export function pushMark(): PushMark | undefined {
  try {
    const mark: unknown = JSON.parse(localStorage.getItem(MARK) ?? "null");
    return typeof mark === "object" && mark !== null && "userId" in mark && "endpoint" in mark
      ? (mark as PushMark)
      : undefined;
  } catch {
    return undefined; // not written by this app
  }
}

/** Note that pushes come here, to the session that there is now. */
export function notePush(mark: PushMark): void {
  keepText(localStorage, MARK, JSON.stringify(mark));
  localStorage.removeItem(SIGNED_OUT);
}

/** Note that no pushes come here any more. */
export function forgetPushMark(): void {
  localStorage.removeItem(MARK);
  localStorage.removeItem(SIGNED_OUT);
}

/** Note that the session has ended, and pushes to it with it. */
export function notePushSignedOut(): void {
  if (localStorage.getItem(MARK) !== null) {
    keepText(localStorage, SIGNED_OUT, "1");
  }
}

/** Whether the session has ended that pushes came to. */
export function isPushSignedOut(): boolean {
  return localStorage.getItem(SIGNED_OUT) !== null;
}
