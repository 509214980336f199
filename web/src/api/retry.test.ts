import { describe, expect, test } from "vitest";
import { ApiProblem, UnreachableError } from "./problem";
import { isTransient, mayRetry, retryDelay } from "./retry";

const unreachable = new UnreachableError(new TypeError("Failed to fetch"));

describe("whether another try may succeed", () => {
  test.each([429, 500, 502, 503, 504])("it may after %i", (status) => {
    expect(isTransient(new ApiProblem(status, {}))).toBe(true);
  });

  test.each([400, 401, 403, 404, 409, 412, 413, 422])(
    "it cannot after %i: the answer would be the same",
    (status) => {
      expect(isTransient(new ApiProblem(status, {}))).toBe(false);
    },
  );

  test("it may when nobody answered", () => {
    expect(isTransient(unreachable)).toBe(true);
  });

  test.each([
    ["a mistake in the app", new TypeError("task is undefined")],
    ["a request that was cancelled", new DOMException("Aborted", "AbortError")],
    ["something that is no error", "503"],
    ["nothing", undefined],
  ])("it cannot after %s", (_what, error) => {
    expect(isTransient(error)).toBe(false);
  });
});

describe("how often it is tried again", () => {
  test("the first time", () => {
    expect(mayRetry(0, unreachable)).toBe(true);
  });

  test("four times, so that there are five tries in all", () => {
    const answers = Array.from({ length: 6 }, (_, failures) => mayRetry(failures, unreachable));
    expect(answers).toEqual([true, true, true, true, false, false]);
  });

  test("never after a refusal that will stay one", () => {
    expect(mayRetry(0, new ApiProblem(422, {}))).toBe(false);
  });
});

describe("how long it is waited", () => {
  const delays = Array.from({ length: 12 }, (_, failures) => retryDelay(failures, unreachable));

  test("twice as long each time, from half a second on", () => {
    expect(delays.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
  });

  test("never longer than eight seconds", () => {
    expect(Math.max(...delays)).toBe(8_000);
  });

  test("as long as the service asks for", () => {
    expect(retryDelay(0, new ApiProblem(429, {}, 30))).toBe(30_000);
    expect(retryDelay(3, new ApiProblem(503, {}, 0))).toBe(500); // half a second at least
  });

  test.each([60, 61, 3_600])("but a minute at most: it asks for %i seconds", (seconds) => {
    expect(retryDelay(0, new ApiProblem(429, {}, seconds))).toBe(60_000);
  });

  test("by its own measure where the service does not say", () => {
    expect(retryDelay(1, new ApiProblem(503, {}))).toBe(1_000);
  });
});
