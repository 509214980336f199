import type { BrowserContext, Page } from "@playwright/test";
import { addTask, barriers, expect, quickAdd, test, textOnDevice, titleOf } from "./person";
import { isSplit } from "./shape";

test.use({ serviceWorkers: "allow" });

/** Reload a page as soon as a worker can have it. */
async function reloadUnderWorker(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await page.reload();
}

/** Have the worker that is installed first be an older one: only the first can be answered in the service's place. */
async function installOlder(context: BrowserContext): Promise<void> {
  await context.route("**/sw.js", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: `${await answer.text()}\n// older` });
  });
}

/** Have the page look for a newer version now, as it does every hour. */
async function look(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await (await navigator.serviceWorker.ready).update();
  });
}

test.describe("the app on a device", () => {
  test("is kept there after the first visit", async ({ signedIn: page }) => {
    await reloadUnderWorker(page);
    await expect(quickAdd(page)).toBeVisible();
    expect(await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toContain("/sw.js");
  });

  test("opens without a network, with what was seen last", async ({ signedIn: page, context }) => {
    await reloadUnderWorker(page);
    await addTask(page, "Buy milk");
    await expect.poll(() => textOnDevice(page)).toContain("Buy milk");
    await context.setOffline(true);
    await page.goto("/today");
    await expect(titleOf(page, "Buy milk")).toBeVisible();
    await expect(page.getByText("Offline", { exact: true })).toBeVisible();
    await page.goto("/upcoming");
    await expect(page.getByRole("heading", { name: "Upcoming" })).toBeVisible();
  });

  test("says so where nobody has signed in and there is no network", async ({ page, context }) => {
    await page.goto("/");
    await reloadUnderWorker(page);
    await page.getByLabel("E-mail").waitFor();
    await context.setOffline(true);
    await page.goto("/today");
    await expect(page.getByRole("alert")).toContainText("The service cannot be reached");
  });

  test("says what its manifest promises", async ({ page, context, request }) => {
    await page.goto("/");
    const cdp = await context.newCDPSession(page);
    const { errors } = await cdp.send("Page.getAppManifest");
    expect(errors).toEqual([]);
    const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
    // Windows of tests keep nothing, which is what the one error says.
    expect(installabilityErrors.map((error) => error.errorId)).toEqual(["in-incognito"]);

    const answer = await request.get("/manifest.webmanifest");
    expect(answer.headers()).toMatchObject({
      "content-type": "application/manifest+json",
      "cache-control": "no-cache",
    });
    const { icons } = (await answer.json()) as { icons: { src: string; sizes: string; type: string }[] };
    for (const { src, type } of [...icons, { src: "/apple-touch-icon.png", type: "image/png" }]) {
      const icon = await request.get(src);
      expect([src, icon.status(), icon.headers()["content-type"]]).toEqual([src, 200, type]);
    }
  });

  test("has a worker that is asked for each time", async ({ request }) => {
    const answer = await request.get("/sw.js");
    expect(answer.headers()["cache-control"]).toBe("no-cache");
    expect(answer.headers()["content-type"]).toMatch(/^text\/javascript/);
  });
});

test.describe("the worker", () => {
  test("answers nothing of the API", async ({ signedIn: page }) => {
    await addTask(page, "Buy milk");
    await reloadUnderWorker(page);
    await expect(titleOf(page, "Buy milk")).toBeVisible();
    const fromWorker: [string, boolean][] = [];
    page.on("response", (response) => {
      fromWorker.push([new URL(response.url()).pathname, response.fromServiceWorker()]);
    });
    await page.reload();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
    expect(fromWorker.find(([path]) => path === "/today")).toEqual(["/today", true]);
    const answersOfApi = () => fromWorker.filter(([path]) => path.startsWith("/api/"));
    // What is shown was on the device before anybody answered.
    await expect.poll(() => answersOfApi().length).toBeGreaterThan(1);
    expect(answersOfApi().filter(([, isFromWorker]) => isFromWorker)).toEqual([]);
    const kept = await page.evaluate(async () => {
      const requests = await Promise.all(
        (await caches.keys()).map(async (name) => (await caches.open(name)).keys()),
      );
      return requests.flat().map((request) => new URL(request.url).pathname);
    });
    expect(kept).toContain("/index.html");
    expect(kept.filter((path) => path.startsWith("/api"))).toEqual([]);
  });

  for (const path of ["/api/v1/auth/providers", "/docs", "/openapi.json", "/livez"]) {
    test(`leaves ${path} to the service`, async ({ page }) => {
      await page.goto("/");
      await reloadUnderWorker(page);
      await page.getByLabel("E-mail").waitFor();
      const answer = await page.goto(path);
      // Probes are for orchestrators, not for who comes through the gateway.
      expect(answer?.status()).toBe(isSplit && path === "/livez" ? 404 : 200);
      expect(answer?.fromServiceWorker()).toBe(false);
    });
  }

  test("leaves live updates alone", async ({ signedIn: page, context }) => {
    await reloadUnderWorker(page);
    await expect(quickAdd(page)).toBeVisible();
    const other = await context.newPage();
    await other.goto("/today");
    await addTask(other, "Call the dentist");
    await expect(titleOf(page, "Call the dentist")).toBeVisible();
  });
});

test.describe("a newer version", () => {
  test.beforeEach(({ context }) => installOlder(context));

  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`in the ${colorScheme}`, () => {
      test.use({ colorScheme });

      test("is offered, waits, and leaves what was typed", async ({ signedIn: page }) => {
        await reloadUnderWorker(page);
        await quickAdd(page).fill("Half a thought");
        await look(page);
        const notice = page.getByText("A new version is ready");
        await expect(notice).toBeVisible();
        expect(await barriers(page)).toEqual([]);
        const reloaded = page.waitForEvent("load");
        await page.getByRole("button", { name: "Reload" }).click();
        await reloaded;
        await expect(quickAdd(page)).toHaveValue("Half a thought");
        await expect(notice).toHaveCount(0);
      });
    });
  }

  test("can be put off", async ({ page }) => {
    await page.goto("/");
    await reloadUnderWorker(page);
    await look(page);
    await page.getByRole("button", { name: "Later" }).click();
    await expect(page.getByText("A new version is ready")).toHaveCount(0);
  });
});
