/** First parts of paths that are never a page of this app; the service's `API_ROOTS`. */
export const API_ROOTS = [
  "api",
  "docs",
  "openapi.json",
  "livez",
  "readyz",
  "metrics",
  ".well-known",
  "problems",
] as const;

/** Those that are so with something behind them, and pages of this app by themselves; the service's `API_BRANCHES`. */
export const API_BRANCHES = ["calendar"] as const;

/** What paths that are never a page of this app look like, with what is asked behind them. */
export const API_PATHS: readonly RegExp[] = [
  new RegExp(`^/(?:${API_ROOTS.map(literally).join("|")})(?:/|\\?|$)`),
  new RegExp(`^/(?:${API_BRANCHES.map(literally).join("|")})/[^?]`),
];

function literally(text: string): string {
  return text.replaceAll(".", "\\.");
}
