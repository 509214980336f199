import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deferred } from "../../testing/deferred";
import { addInTurn, isWaiting, takeLeftLines, unlessLeaving } from "./waiting-lines";

const KEY = "taskfleet.quick-add.lines";
const sweep = { text: "Sweep #home", defaults: {}, isLiteral: false };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});

afterEach(() => {
  vi.useRealTimers();
  sessionStorage.clear();
});

describe("a line that waits", () => {
  test("is kept until it was added, and is none that was left meanwhile", async () => {
    const turn = deferred();
    addInTurn(sweep, () => turn.promise);
    expect(JSON.parse(sessionStorage.getItem(KEY) ?? "")).toEqual([sweep]);
    expect(takeLeftLines()).toEqual([]);
    turn.resolve();
    await vi.waitFor(() => expect(isWaiting()).toBe(false));
    expect(sessionStorage.getItem(KEY)).toBeNull();
  });

  test("does not hold up the next one for ever when it fails", async () => {
    const added: string[] = [];
    addInTurn(sweep, () => Promise.reject(new Error("Broken.")));
    addInTurn({ ...sweep, text: "Tea" }, async () => {
      added.push("Tea");
    });
    await vi.waitFor(() => expect(added).toEqual(["Tea"]));
  });

  test("waits on while the page goes away, and goes on when it has stayed", async () => {
    await unlessLeaving(); // not held up
    window.dispatchEvent(new Event("beforeunload"));
    const goneOn = vi.fn();
    void unlessLeaving().then(goneOn);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(goneOn).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(goneOn).toHaveBeenCalled();
  });
});
