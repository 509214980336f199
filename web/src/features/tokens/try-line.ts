import type { Scope } from "./tokens";

interface TryLine {
  readonly line: string;
  /** Whether it changes something. */
  readonly adds: boolean;
}

/** Return a command for a shell by which to see that a token works, made of what it may do. */
export function tryLine(origin: string, secret: string, scopes: readonly Scope[]): TryLine {
  const curl = `curl -H "Authorization: Bearer ${secret}"`;
  if (scopes.includes("tasks:read")) {
    return { line: `${curl} "${origin}/api/v1/tasks?limit=3"`, adds: false };
  }
  if (scopes.includes("tasks:write")) {
    const body = `-H "Content-Type: application/json" -d '{"title": "Hello from curl"}'`;
    return { line: `${curl} ${body} "${origin}/api/v1/tasks"`, adds: true };
  }
  return { line: `${curl} "${origin}/api/v1/admin/stats"`, adds: false };
}
