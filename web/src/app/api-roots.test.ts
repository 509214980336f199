import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { API_ROOTS } from "./api-roots";

test("what is never a page of the app is so for the service too", () => {
  const source = readFileSync(join(import.meta.dirname, "../../../app/api/paths.py"), "utf8");
  const [, tuple = ""] = /^API_ROOTS = \(([^)]*)\)/m.exec(source) ?? [];
  expect([...tuple.matchAll(/"([^"]+)"/g)].map(([, root]) => root)).toEqual([...API_ROOTS]);
});
