/** Measures how quick the built app is: `npm run speed -- [--runs N] [--write-readme]`. */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "7" }, "write-readme": { type: "boolean", default: false } },
});
const { status } = spawnSync("playwright", ["test", "--config", "playwright.speed.config.ts"], {
  stdio: "inherit",
  env: { ...process.env, SPEED_RUNS: values.runs, SPEED_WRITE_README: values["write-readme"] ? "1" : "" },
});
process.exit(status ?? 1);
