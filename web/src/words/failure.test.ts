import { describe, expect, test } from "vitest";
import { ApiProblem, UnreachableError } from "../api/problem";
import { en } from "./en";
import { describeFailure } from "./failure";

describe("what is said of a failure", () => {
  test("when nobody answers, to check the connection", () => {
    expect(describeFailure(new UnreachableError(new TypeError("Failed to fetch")))).toBe(
      en.failure.unreachable,
    );
  });

  test.each([
    [404, en.failure.gone],
    [412, en.failure.conflict],
    [429, en.failure.limited],
    [500, en.failure.server],
    [503, en.failure.server],
  ])("after %i is our own text, whatever the service tells", (status, text) => {
    expect(describeFailure(new ApiProblem(status, { detail: "Internal words." }))).toBe(text);
  });

  test("is the first thing that is not acceptable", () => {
    const problem = new ApiProblem(422, {
      detail: "The input is not valid.",
      errors: [
        { pointer: "/title", detail: "It is too long." },
        { pointer: "/due/date", detail: "It is no date." },
      ],
    });
    expect(describeFailure(problem)).toBe("It is too long.");
  });

  test.each([
    ["no errors", {}],
    ["an empty list of them", { errors: [] }],
    ["errors of another form", { errors: "title" }],
    ["an error that is no object", { errors: [null] }],
    ["an error without a detail", { errors: [{ pointer: "/title" }] }],
  ])("is the problem's own detail where it has %s", (_what, members) => {
    const problem = new ApiProblem(403, { detail: "You may not.", ...members });
    expect(describeFailure(problem)).toBe("You may not.");
  });

  test("names the status where the problem tells nothing", () => {
    expect(describeFailure(new ApiProblem(405, {}))).toContain("405");
  });

  test.each([new TypeError("task is undefined"), "broken", undefined, null])(
    "keeps a mistake of the app to itself: %s",
    (error) => {
      expect(describeFailure(error)).toBe(en.failure.server);
    },
  );
});
