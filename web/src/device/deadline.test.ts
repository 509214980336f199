import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deferred } from "../testing/deferred";
import { within } from "./deadline";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("work within a deadline", () => {
  test("comes to what it comes to, and nothing waits any longer", async () => {
    const work = deferred<string>();
    const result = within(1_000, work.promise);
    await vi.advanceTimersByTimeAsync(999);
    work.resolve("done");
    await expect(result).resolves.toBe("done");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("fails as it fails, and nothing waits any longer", async () => {
    const reason = new Error("No room.");
    await expect(within(1_000, Promise.reject(reason))).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ["comes to something", (work: ReturnType<typeof deferred<string>>) => work.resolve("late")],
    ["fails", (work: ReturnType<typeof deferred<string>>) => work.reject(new Error("Late."))],
  ])("is given up when it takes longer, and ignored when it %s afterwards", async (_what, end) => {
    const work = deferred<string>();
    const result = within(1_000, work.promise);
    const outcome = expect(result).rejects.toMatchObject({ name: "TimeoutError" });
    await vi.advanceTimersByTimeAsync(1_000);
    await outcome;
    end(work);
    await expect(result).rejects.toMatchObject({ name: "TimeoutError" });
  });
});
