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
