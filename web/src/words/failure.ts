import { ApiProblem, UnreachableError } from "../api/problem";
import { en } from "./en";

/** Say what went wrong in words for the person at the screen. */
export function describeFailure(error: unknown): string {
  if (error instanceof UnreachableError) {
    return en.failure.unreachable;
  }
  if (!(error instanceof ApiProblem)) {
    return en.failure.server;
  }
  switch (error.status) {
    case 404:
      return en.failure.gone;
    case 412:
      return en.failure.conflict;
    case 429:
      return en.failure.limited;
    default:
      return error.status >= 500 ? en.failure.server : firstReason(error);
  }
}

function firstReason(problem: ApiProblem): string {
  const errors = problem.document.errors;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (typeof first === "object" && first !== null && "detail" in first) {
    return String(first.detail);
  }
  return problem.message;
}
