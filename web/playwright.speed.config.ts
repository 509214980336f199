import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";
import config from "./playwright.config";

/** Seeding 10,000 tasks, and scrolling over them seven times, takes some minutes on a busy machine. */
const TIMEOUT_MS = 30 * 60_000;

const server = config.webServer as Exclude<PlaywrightTestConfig["webServer"], unknown[] | undefined>;

export default defineConfig({
  ...config,
  testDir: "speed",
  testMatch: "speed.spec.ts",
  timeout: TIMEOUT_MS,
  // Recording takes time of its own.
  use: { ...config.use, trace: "off" },
  webServer: {
    ...server,
    // 10,000 tasks are made by one user, and scrolled over, in less time than people take.
    env: { ...server.env, TASKFLEET_RATE_LIMIT_USER: "" },
    stderr: "ignore",
  },
});
