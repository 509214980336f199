import { expect, test } from "vitest";
import type { Scope } from "./tokens";
import { tryLine } from "./try-line";

test.each<[Scope[], string, boolean]>([
  [["tasks:write", "tasks:read"], "/api/v1/tasks?limit=3", false],
  [["admin", "tasks:write"], "/api/v1/tasks", true],
  [["admin"], "/api/v1/admin/stats", false],
])("a token for %j is tried by what it may do", (scopes, path, adds) => {
  const tried = tryLine("https://tasks.example", "tf_x", scopes);
  expect(tried.adds).toBe(adds);
  expect(tried.line).toContain('"Authorization: Bearer tf_x"');
  expect(tried.line.endsWith(` "https://tasks.example${path}"`)).toBe(true);
  expect(tried.line.includes(" -d ")).toBe(adds);
});
