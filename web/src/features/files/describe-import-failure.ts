import { ApiProblem } from "../../api/problem";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { LostFileError } from "./upload";

const words = en.files.failure;

/** Say why a file was not imported, and what to do. */
export function describeImportFailure(error: unknown): string {
  if (error instanceof LostFileError) {
    return words.lost;
  }
  if (!(error instanceof ApiProblem)) {
    return `${describeFailure(error)} ${words.goesOn}`;
  }
  if (error.status === 413) {
    return words.tooLong;
  }
  if (error.type.endsWith("/import-unreadable")) {
    return words.unreadable(error.message);
  }
  return error.status >= 500 ? `${describeFailure(error)} ${words.goesOn}` : describeFailure(error);
}
