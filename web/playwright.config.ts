import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { FIRST_ADMIN } from "./e2e/first-admin";

const PORT = Number(process.env.E2E_PORT ?? 8123);
// What an earlier run left here is removed before the service starts.
const RESULTS = join(import.meta.dirname, "e2e", "results");

export default defineConfig({
  testDir: "e2e",
  outputDir: RESULTS,
  // Each test has a user of its own; more at a time than there are cores would only make all of them slow.
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  // A machine that does something else meanwhile may let one be late; whoever works on it sees each failure.
  retries: process.env.CI ? 1 : 0,
  reporter: "list",
  use: {
    baseURL: `http://127.0.0.1:${PORT}`,
    locale: "en-GB",
    timezoneId: "Europe/Paris",
    // Requests that tests answer in the service's place would pass a worker first; `install.spec.ts` allows it.
    serviceWorkers: "block",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // The first two for containers, where Chromium's own sandbox cannot be; the others keep it from calling home.
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  webServer: {
    // The real thing: MongoDB, the cache server, the service and the built app.
    command: `../.venv/bin/taskfleet local --port ${PORT} --data-dir ${join(RESULTS, "data")}`,
    env: {
      TASKFLEET_WEB_DIST: join(import.meta.dirname, "dist"),
      TASKFLEET_ADMIN_EMAILS: FIRST_ADMIN,
      TASKFLEET_RATE_LIMIT_AUTH: "",
      TASKFLEET_RATE_LIMIT_ADDRESS: "",
    },
    url: `http://127.0.0.1:${PORT}/readyz`,
    gracefulShutdown: { signal: "SIGTERM", timeout: 20_000 },
    timeout: 60_000,
  },
});
