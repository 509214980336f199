import { randomUUID } from "node:crypto";
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Locator, type Page, request } from "@playwright/test";
import { isSplit } from "./shape";

interface Fixtures {
  /** A page of somebody who has just signed in for the first time, at Today. */
  readonly signedIn: Page;
}

export const test = base.extend<Fixtures>({
  signedIn: async ({ page }, use) => {
    await page.goto("/");
    await page.getByLabel("E-mail").fill(`${randomUUID()}@example.org`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Today" }).waitFor();
    await use(page);
  },
});

export { expect };

/** A day of the person at the screen, whose account has the browser's zone: that of `playwright.config.ts`. */
export function dayFromToday(days = 0): string {
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Paris" });
  return day.format(Date.now() + days * 86_400_000);
}

/** The line that adds a task. */
export function quickAdd(page: Page): Locator {
  return page.getByRole("textbox", { name: "Add a task" });
}

/** Add a task to the view that is open, and wait until it is saved. */
export async function addTask(page: Page, title: string): Promise<void> {
  await quickAdd(page).fill(title);
  await quickAdd(page).press("Enter");
  await page
    .locator('.task-row[data-pending="false"]')
    .filter({ has: titleOf(page, title) })
    .waitFor();
}

/** Have tasks made by the service, of which the page hears as of those of another window. */
export async function createTasks(page: Page, tasks: readonly Record<string, unknown>[]): Promise<void> {
  const answer = await page.context().request.post("/api/v1/tasks/batch", {
    data: { operations: tasks.map((fields) => ({ op: "create", ...fields })) },
    headers: { Origin: new URL(page.url()).origin },
  });
  if (!answer.ok()) {
    throw new Error(`The service answered ${answer.status()}.`);
  }
}

/** What the service answers to a program, which sends no cookie: the status, and the text. */
export async function askAsProgram(
  page: Page,
  path: string,
  headers: Record<string, string> = {},
): Promise<[number, string]> {
  const program = await request.newContext({ ignoreHTTPSErrors: isSplit });
  try {
    const answer = await program.get(new URL(path, page.url()).href, { headers });
    return [answer.status(), await answer.text()];
  } finally {
    await program.dispose();
  }
}

/** The title of a task in the list. */
export function titleOf(page: Page, title: string): Locator {
  return page.getByRole("textbox", { name: `Title of “${title}”` });
}

/** What completes a task. */
export function checkboxOf(page: Page, title: string): Locator {
  return page.getByRole("checkbox", { name: `Complete “${title}”` });
}

/** Drag something by the mouse into the middle of something else. */
export async function drag(page: Page, what: Locator, where: Locator): Promise<void> {
  await what.hover();
  await page.mouse.down();
  const target = await where.boundingBox();
  if (target === null) {
    throw new Error("There is nothing to drop it on.");
  }
  await page.mouse.move(target.x + target.width / 2, target.y + target.height / 2, { steps: 8 });
  await page.mouse.up();
}

/** What axe finds on a page, or within an element of it, against WCAG 2.2, levels A and AA. */
export async function barriers(page: Page, within = ":root") {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  await page.evaluate(stillness); // half faded in, everything is too pale
  return (await new AxeBuilder({ page }).include(within).withTags(tags).analyze()).violations;
}

/** See that nothing makes the page wider than the window. */
export async function expectToFit(page: Page): Promise<void> {
  const widths = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect(widths[0]).toBe(widths[1]);
}

/** Wait until everything that moves has come to its end; what moves for ever has none. */
async function stillness(): Promise<void> {
  const moving = document
    .getAnimations()
    .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
  await Promise.allSettled(moving.map(({ finished }) => finished));
}

/** Everything that is kept on the device of what was seen. */
export function textOnDevice(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const [{ name = "" } = {}] = await indexedDB.databases();
    return new Promise<string>((resolve, reject) => {
      const opening = indexedDB.open(name);
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const reading = opening.result.transaction("queries").objectStore("queries").getAll();
        reading.onsuccess = () => {
          opening.result.close();
          resolve(JSON.stringify(reading.result));
        };
      };
    });
  });
}
