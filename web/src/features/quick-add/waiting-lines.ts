import type { TaskDraft } from "../../api/generated/taskfleet.schemas";
import { keepText } from "../../device/storage";

const KEY = "taskfleet.quick-add.lines";

/** A line that was entered, with what tasks have that are added in its view. */
export interface Line {
  readonly text: string;
  readonly defaults: Partial<TaskDraft>;
  /** Whether it is its own title, whatever it looks like. */
  readonly isLiteral: boolean;
}

/** A page that is still there by then stays: somebody has answered that they would not leave. */
const LEAVING_MS = 3_000;

let leavingAt = Number.NEGATIVE_INFINITY;
for (const event of ["beforeunload", "pagehide"]) {
  window.addEventListener(event, () => {
    leavingAt = performance.now();
  });
}

let waiting: readonly Line[] = [];
let last: Promise<void> | undefined;

/** Whether lines wait until it is known what they say; later ones have to wait behind them. */
export function isWaiting(): boolean {
  return waiting.length > 0;
}

/** Add what a line says as soon as that is known, behind the lines before it; until then it survives a reload. */
export function addInTurn(line: Line, add: () => Promise<void>): void {
  setWaiting([...waiting, line]);
  const before = last ?? Promise.resolve();
  const turn = before.then(add).finally(() => {
    setWaiting(waiting.filter((other) => other !== line));
  });
  last = turn.catch(() => undefined);
}

/**
 * Wait while the page goes away, if it does. That breaks off what was asked, and what is added then is kept by nobody:
 * the line is for the next page.
 */
export async function unlessLeaving(): Promise<void> {
  const left = leavingAt + LEAVING_MS - performance.now();
  if (left > 0) {
    await new Promise((resolve) => window.setTimeout(resolve, left));
  }
}

/** Take the lines that a page which went away has left waiting. */
export function takeLeftLines(): readonly Line[] {
  if (isWaiting()) {
    return [];
  }
  const left = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return left === null ? [] : (JSON.parse(left) as Line[]);
}

function setWaiting(lines: readonly Line[]): void {
  waiting = lines;
  if (lines.length === 0) {
    sessionStorage.removeItem(KEY);
  } else {
    keepText(sessionStorage, KEY, JSON.stringify(lines));
  }
}
