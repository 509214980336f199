import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { addTask, barriers, createTasks, expect, expectToFit, test, titleOf } from "./person";

const CSV = "title,due_date,list\nBuy milk,2035-06-01,Shop\n,,Shop\nPay the rent,,Home\n";

async function openFiles(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: /^Export and import/ }).click();
  await page.getByRole("heading", { name: "Export and import" }).waitFor();
}

/** Choose a file by the button, as one does. */
async function choose(page: Page, name: string, content: string): Promise<void> {
  const choosing = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: /^Choose/ }).press("Enter");
  await (await choosing).setFiles({ name, mimeType: "text/plain", buffer: Buffer.from(content) });
  await expect(page.getByText(name)).toBeVisible();
}

async function look(page: Page): Promise<void> {
  await page.getByRole("button", { name: "See what would come of it" }).click();
}

/** Titles of all tasks that the service has. */
async function titles(page: Page): Promise<string[]> {
  const { items } = await (await page.context().request.get("/api/v1/tasks?limit=200")).json();
  return items.map(({ title }: { title: string }) => title).sort();
}

test.describe("an export", () => {
  for (const [button, ending, content] of [
    ["Download JSON", "json", /"title": ?"Water the plants"/],
    ["Download CSV", "csv", /Water the plants/],
  ] as const) {
    test(`is saved as a file: ${ending}`, async ({ signedIn: page }) => {
      await createTasks(page, [{ title: "Water the plants" }]);
      await openFiles(page);
      const downloading = page.waitForEvent("download");
      await page.getByRole("button", { name: button }).click();
      const download = await downloading;
      expect(download.suggestedFilename()).toMatch(new RegExp(`^taskfleet-.*\\.${ending}$`));
      expect(await readFile(await download.path(), "utf8")).toMatch(content);
    });
  }

  test("that cannot begin says why", async ({ signedIn: page, context }) => {
    await openFiles(page);
    await context.setOffline(true);
    await page.getByRole("button", { name: "Download JSON" }).click();
    await expect(page.getByRole("alert")).toContainText("cannot be reached");
  });
});

test.describe("an import", () => {
  test("is looked at first, and then shows in the lists", async ({ signedIn: page }) => {
    await page.goto("/all");
    await addTask(page, "Was here before");
    await openFiles(page);
    await choose(page, "home.csv", CSV);
    await expect(page.getByLabel("What it is")).toHaveValue("csv");
    await look(page);
    await expect(page.getByText("Would add 2 tasks and 2 lists.")).toBeFocused();
    await expect(page.getByText("1 entry cannot be taken:")).toBeVisible();
    await expect(page.getByText("Line 3: title")).toBeVisible();
    expect(await titles(page)).toEqual(["Was here before"]);

    await page.getByRole("button", { name: "Import 2 tasks and 2 lists" }).click();
    await expect(page.getByText("Added 2 tasks and 2 lists.")).toBeFocused();
    await expect(page.getByRole("link", { name: "Shop" })).toBeVisible();
    await page.getByRole("link", { name: "Show the tasks" }).click();
    await expect(titleOf(page, "Buy milk")).toBeVisible();
    await expect(titleOf(page, "Pay the rent")).toBeVisible();
    await expect(titleOf(page, "Was here before")).toBeVisible();
  });

  test("takes a file that is dropped onto the page, and forgets it again", async ({ signedIn: page }) => {
    await openFiles(page);
    const transfer = await page.evaluateHandle((content) => {
      const carried = new DataTransfer();
      carried.items.add(new File([content], "Groceries.csv"));
      return carried;
    }, "TYPE,CONTENT,PRIORITY,INDENT\ntask,Milk,1,1\n");
    await page.dispatchEvent("h1", "drop", { dataTransfer: transfer });
    await expect(page.getByLabel("What it is")).toHaveValue("todoist");
    await expect(page.getByLabel("List for its tasks")).toHaveValue("Groceries");
    await look(page);
    await expect(page.getByText("Would add 1 task and 1 list.")).toBeVisible();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByText("Groceries.csv")).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Choose a file" })).toBeFocused();
  });

  test("of a file that is something else says where, and can be told what it is", async ({
    signedIn: page,
  }) => {
    await openFiles(page);
    await choose(page, "odd.csv", "name,when\nMilk,now\n");
    await look(page);
    await expect(page.getByRole("alert")).toContainText("Line 1:");
    await page.getByLabel("What it is").selectOption("todoist");
    await expect(page.getByRole("alert")).toHaveCount(0);
  });

  test("adds nothing twice when the answer to it was lost", async ({ signedIn: page, context }) => {
    await openFiles(page);
    await choose(page, "home.csv", CSV);
    await look(page);
    await page.getByText("Would add 2 tasks").waitFor();
    let sent = 0;
    await context.route("**/api/v1/me/import?*dry_run=false*", async (route) => {
      sent += 1;
      if (sent > 1) {
        return route.fallback();
      }
      await route.fetch();
      await route.abort();
    });
    await page.getByRole("button", { name: "Import 2 tasks and 2 lists" }).click();
    await expect(page.getByText("Added 2 tasks and 2 lists.")).toBeVisible();
    expect(sent).toBe(2);
    expect(await titles(page)).toEqual(["Buy milk", "Pay the rent"]);
  });

  test("waits without a network, can be stopped, and then goes on", async ({ signedIn: page, context }) => {
    await openFiles(page);
    await choose(page, "home.csv", CSV);
    await context.setOffline(true);
    await look(page);
    await expect(page.getByText("Waiting for the connection…")).toBeVisible();
    await page.getByRole("button", { name: "Stop" }).click();
    await expect(page.getByText("home.csv")).toBeVisible();
    await look(page);
    await expect(page.getByText("Waiting for the connection…")).toBeVisible();
    await context.setOffline(false);
    await expect(page.getByText("Would add 2 tasks and 2 lists.")).toBeVisible();
  });

  test("goes on while one looks at the tasks", async ({ signedIn: page, context }) => {
    await openFiles(page);
    await choose(page, "home.csv", CSV);
    await look(page);
    await page.getByText("Would add 2 tasks").waitFor();
    const answers: (() => void)[] = [];
    await context.route("**/api/v1/me/import?*", async (route) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      await route.fallback();
    });
    await page.getByRole("button", { name: "Import 2 tasks and 2 lists" }).click();
    await page.getByRole("link", { name: "Inbox" }).click();
    await page.getByRole("heading", { name: "Inbox" }).waitFor();
    answers[0]?.();
    await expect(page.getByRole("link", { name: "Shop" })).toBeVisible();
    await openFiles(page);
    await expect(page.getByText("Added 2 tasks and 2 lists.")).toBeVisible();
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("export and import fit", async ({ signedIn: page }) => {
    await openFiles(page);
    await choose(page, `${"a-long-name-without-an-end-".repeat(4)}.csv`, CSV);
    await look(page);
    await page.getByText("Would add").waitFor();
    await expectToFit(page);
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in the ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("export and import have no barrier that axe finds", async ({ signedIn: page, context }) => {
      await openFiles(page);
      expect(await barriers(page)).toEqual([]);
      await choose(page, "home.csv", CSV);
      await look(page);
      await page.getByText("Would add").waitFor();
      expect(await barriers(page)).toEqual([]);
      const running = {
        ...{ id: "01a209d0-4c11-7c3e-8a55-5be3a2b7c111", state: "running", dry_run: false, format: "csv" },
        ...{ lists: { created: 0 }, tasks: { created: 0, skipped: 0, failed: 0 }, problem: null },
        ...{ errors: [], errors_left_off: 0, notes: [], progress: { bytes_read: 30, bytes_total: 70 } },
      };
      await context.route("**/api/v1/me/import**", (route) =>
        route.fulfill({ status: route.request().method() === "POST" ? 202 : 200, json: running }),
      );
      await page.getByRole("button", { name: "Import 2 tasks and 2 lists" }).click();
      await expect(page.getByRole("progressbar", { name: "Importing…" })).toHaveAttribute(
        "aria-valuenow",
        /^42/,
      );
      expect(await barriers(page)).toEqual([]);
    });
  });
}
