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
