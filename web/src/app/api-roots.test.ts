import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { API_BRANCHES, API_ROOTS } from "./api-roots";

const source = readFileSync(join(import.meta.dirname, "../../../app/api/paths.py"), "utf8");

test.each([
  ["API_ROOTS", API_ROOTS],
  ["API_BRANCHES", API_BRANCHES],
])("what is never a page of the app is so for the service too: %s", (name, roots) => {
  const [, tuple = ""] = new RegExp(`^${name} = \\(([^)]*)\\)`, "m").exec(source) ?? [];
  expect([...tuple.matchAll(/"([^"]+)"/g)].map(([, root]) => root)).toEqual([...roots]);
});
