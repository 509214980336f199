import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { FIRST_ADMIN } from "./e2e/first-admin";
import { isSplit } from "./e2e/shape";

const PORT = Number(process.env.E2E_PORT ?? 8123);
// What an earlier run left here is removed before the service starts.
const RESULTS = join(import.meta.dirname, "e2e", "results");
const ORIGIN = `${isSplit ? "https" : "http"}://127.0.0.1:${PORT}`;
// The real thing: MongoDB, the cache server, the built app, and the service in one process or as three behind Nginx.
const COMMAND = isSplit ? "gateway --split" : "local";

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
    baseURL: ORIGIN,
    // The gateway has signed its certificate itself.
    ignoreHTTPSErrors: isSplit,
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
        // For what no page asks for: the service worker.
        ...(isSplit ? ["--ignore-certificate-errors"] : []),
      ],
    },
  },
  webServer: {
    command: `../.venv/bin/taskfleet ${COMMAND} --port ${PORT} --data-dir ${join(RESULTS, "data")}`,
    env: {
      TASKFLEET_WEB_DIST: join(import.meta.dirname, "dist"),
      TASKFLEET_ADMIN_EMAILS: FIRST_ADMIN,
      TASKFLEET_RATE_LIMIT_AUTH: "",
      TASKFLEET_RATE_LIMIT_ADDRESS: "",
      GATEWAY_REQUEST_RATE: "10000",
    },
    // The gateway shows no probes.
    url: isSplit ? `${ORIGIN}/api/v1/auth/providers` : `${ORIGIN}/readyz`,
    ignoreHTTPSErrors: isSplit,
    gracefulShutdown: { signal: "SIGTERM", timeout: 20_000 },
    timeout: 60_000,
  },
});
