import { expect, test } from "vitest";
import { ApiProblem, UnreachableError } from "../../api/problem";
import { en } from "../../words/en";
import { describeImportFailure } from "./describe-import-failure";
import { LostFileError } from "./upload";

const words = en.files.failure;

test.each([
  [new LostFileError(undefined), words.lost],
  [new UnreachableError(undefined), `${en.failure.unreachable} ${words.goesOn}`],
  [new ApiProblem(503, {}), `${en.failure.server} ${words.goesOn}`],
  [new ApiProblem(413, { detail: "Too long." }), words.tooLong],
  [
    new ApiProblem(422, {
      type: "/problems/import-unreadable",
      detail: "Line 1: The column 'title' is missing.",
      errors: [{ pointer: "", line: 1, detail: "The column 'title' is missing." }],
    }),
    words.unreadable("Line 1: The column 'title' is missing."),
  ],
  [new ApiProblem(422, { errors: [{ detail: "must not be blank" }] }), "must not be blank"],
])("a failure is told with what to do: %s", (error, text) => {
  expect(describeImportFailure(error)).toBe(text);
});
