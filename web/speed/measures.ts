import type { BrowserContext, CDPSession, Page } from "@playwright/test";

const QUICK_ADD = 'input[aria-label="Add a task"]';
/** What is scrolled at once: some notches of a wheel. */
const WHEEL_PX = 1_200;

/** Bytes of bodies as they travelled. */
export interface Transferred {
  scripts: number;
  styles: number;
}

/** Slow the page's processor down so many times. */
export async function slowDown(page: Page, rate: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate });
}

/** Count what a page loads from now on. */
export async function countTransferred(page: Page): Promise<Transferred> {
  const session: CDPSession = await page.context().newCDPSession(page);
  const transferred = { scripts: 0, styles: 0 };
  const kinds = new Map<string, keyof Transferred>();
  session.on("Network.responseReceived", ({ requestId, type }) => {
    if (type === "Script" || type === "Stylesheet") {
      kinds.set(requestId, type === "Script" ? "scripts" : "styles");
    }
  });
  session.on("Network.dataReceived", ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId);
    if (kind !== undefined) {
      transferred[kind] += encodedDataLength;
    }
  });
  await session.send("Network.enable");
  return transferred;
}

/** Open the day and return after how many milliseconds, from the start of the navigation, the line for tasks was typed in. */
export async function timeToInteractive(page: Page): Promise<number> {
  await page.addInitScript((selector) => {
    const measured = new Promise<number>((resolve) => {
      const look = () => {
        const field = document.querySelector<HTMLInputElement>(selector);
        field?.focus();
        // Through the browser's own editing, as a key does it; what the app does not take, it puts back.
        document.execCommand("insertText", false, "x");
        requestAnimationFrame(() => {
          if (document.querySelector<HTMLInputElement>(selector)?.value.startsWith("x")) {
            resolve(performance.now());
          } else {
            look();
          }
        });
      };
      look();
    });
    Object.assign(window, { measured });
  }, QUICK_ADD);
  await page.goto("/today", { waitUntil: "commit" });
  return page.evaluate(() => (window as unknown as { measured: Promise<number> }).measured);
}

/** Type a task and return how many milliseconds there are from Enter until its row has been painted. */
export async function timeToRow(page: Page, title: string): Promise<number> {
  await page.locator(QUICK_ADD).fill(title);
  await page.evaluate((name) => {
    const measured = new Promise<number>((resolve) => {
      let pressedAt = 0;
      const isThere = () =>
        [...document.querySelectorAll<HTMLInputElement>("li input")].some(({ value }) => value === name);
      const observer = new MutationObserver(() => {
        if (isThere()) {
          observer.disconnect();
          // The first frame has the row, the second one comes when it has been painted.
          requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - pressedAt)));
        }
      });
      window.addEventListener(
        "keydown",
        (event) => {
          pressedAt = event.timeStamp;
          observer.observe(document.body, { childList: true, subtree: true });
        },
        { capture: true, once: true },
      );
    });
    Object.assign(window, { measured });
  }, title);
  await page.locator(QUICK_ADD).press("Enter");
  return page.evaluate(() => (window as unknown as { measured: Promise<number> }).measured);
}

/** Scroll with the wheel to the end of a list and back again; return the milliseconds of each frame meanwhile. */
export async function framesWhileScrolling(page: Page, count: number): Promise<readonly number[]> {
  const scroller = page.locator(".task-scroller");
  await scroller.hover();
  await page.evaluate(() => {
    const frames: number[] = [];
    let before = performance.now();
    const note = (now: number) => {
      frames.push(now - before);
      before = now;
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
    Object.assign(window, { frames });
  });
  const last = page.locator(`li[aria-posinset="${count}"]`);
  while (!(await last.isVisible())) {
    await page.mouse.wheel(0, WHEEL_PX);
  }
  while ((await scroller.evaluate((element) => element.scrollTop)) > 0) {
    await page.mouse.wheel(0, -WHEEL_PX);
  }
  return page.evaluate(() => (window as unknown as { frames: number[] }).frames);
}

/** Sign somebody in without opening a page, so that nothing is kept of it; then add tasks. */
export async function signInWith(
  context: BrowserContext,
  address: string,
  tasks: readonly Record<string, unknown>[],
): Promise<void> {
  const headers = { Origin: address };
  const email = `${crypto.randomUUID()}@example.org`;
  await context.request.post("/api/v1/auth/dev/login", { data: { email }, headers });
  for (let start = 0; start < tasks.length; start += 100) {
    const operations = tasks.slice(start, start + 100).map((task) => ({ op: "create", ...task }));
    const answer = await context.request.post("/api/v1/tasks/batch", { data: { operations }, headers });
    if (!answer.ok()) {
      throw new Error(`The tasks could not be made: ${await answer.text()}`);
    }
  }
}
