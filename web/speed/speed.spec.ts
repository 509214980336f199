import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { join } from "node:path";
import { test } from "@playwright/test";
import { dayFromToday } from "../e2e/person";
import { type Figure, formatTable, percentile, replaceBetweenMarkers } from "./figures";
import {
  countTransferred,
  framesWhileScrolling,
  scrollSome,
  signInWith,
  slowDown,
  timeToInteractive,
  timeToRow,
} from "./measures";
import { longestTask } from "./processor-time";

const RUNS = Number(process.env.SPEED_RUNS ?? 7);
const README = join(import.meta.dirname, "../README.md");
const SLOW = 4;
/** A day that fits on a screen, so that a task that is added shows. */
const TASKS_OF_A_DAY = 8;
const MANY_TASKS = 10_000;
/** They are scrolled over in a minute, and give thousands of frames. */
const MOST_SCROLLS = 3;

test("how quick the app is", async ({ browser, baseURL }) => {
  const address = baseURL ?? "";
  const day = Array.from({ length: TASKS_OF_A_DAY }, (_, index) => ({
    title: `Task ${index + 1}`,
    due: { date: dayFromToday() },
  }));
  const scripts: number[] = [];
  const styles: number[] = [];
  const interactive: number[] = [];
  const row: number[] = [];
  const slowRow: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    // Nothing is kept of the run before.
    const context = await browser.newContext();
    await signInWith(context, address, day);
    const page = await context.newPage();
    const transferred = await countTransferred(page);
    await slowDown(page, SLOW);
    interactive.push(await timeToInteractive(page));
    await page.getByText("Saved").waitFor();
    scripts.push(transferred.scripts / 1_000);
    styles.push(transferred.styles / 1_000);
    slowRow.push(await timeToRow(page, "Slow one"));
    await page.getByText("Saved").waitFor();
    await slowDown(page, 1);
    row.push(await timeToRow(page, "Quick one"));
    await context.close();
  }

  const longest: number[] = [];
  const late: number[] = [];
  const tasks: number[] = [];
  const context = await browser.newContext();
  await signInWith(
    context,
    address,
    Array.from({ length: MANY_TASKS }, (_, index) => ({ title: `Task ${index + 1}`, priority: index % 5 })),
  );
  for (let run = 0; run < Math.min(RUNS, MOST_SCROLLS); run += 1) {
    const page = await context.newPage();
    await page.goto("/all");
    await page.getByRole("listitem").first().waitFor();
    const frames = await framesWhileScrolling(page, MANY_TASKS);
    longest.push(Math.max(...frames));
    late.push(percentile(frames, 99));
    tasks.push(await longestTask(page, () => scrollSome(page)));
    await page.close();
  }
  await context.close();

  const figures: Figure[] = [
    { name: "Scripts of the first load, compressed", unit: "kB", runs: scripts, bound: 200 },
    { name: "Styles of the first load, compressed", unit: "kB", runs: styles },
    {
      name: `Until a task can be typed, processor ${SLOW}x slower`,
      unit: "ms",
      runs: interactive,
      bound: 1_500,
    },
    { name: "From Enter until the row is painted", unit: "ms", runs: row, bound: 50 },
    { name: `The same, processor ${SLOW}x slower`, unit: "ms", runs: slowRow },
    { name: "Longest frame, scrolling 10,000 tasks", unit: "ms", runs: longest, bound: 50 },
    { name: "99th percentile of these frames", unit: "ms", runs: late, bound: 50 },
    { name: "Longest task in processor time, scrolling", unit: "ms", runs: tasks, bound: 50 },
  ];
  const processors = cpus();
  const conditions =
    `${RUNS} runs, ${new Date().toISOString().slice(0, 10)}, on ${processors[0]?.model.trim()}, ` +
    `${processors.length} cores, ${release()}; Chromium ${browser.version()}, headless, with the service and its ` +
    `databases on the same machine, whose load average was ${loadavg()[0]?.toFixed(1)}.`;
  const report = `${formatTable(figures)}\n\n${conditions}`;
  console.log(report);
  if (process.env.SPEED_WRITE_README) {
    writeFileSync(README, replaceBetweenMarkers(readFileSync(README, "utf8"), report));
  }
});
