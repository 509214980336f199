import { randomUUID } from "node:crypto";
import type { APIRequestContext, Page } from "@playwright/test";
import { expect, mustWork, test } from "./admin";
import { barriers, expectToFit, titleOf } from "./person";

interface CommonTask {
  readonly id: string;
  readonly title: string;
}

/** The catalogue is one for everybody, so each test has words of its own. */
function word(): string {
  return `w${randomUUID().slice(0, 8)}`;
}

async function newCommonTask(office: APIRequestContext, fields: object): Promise<CommonTask> {
  return (await mustWork(office.post("/api/v1/admin/common-tasks", { data: fields }))).json();
}

async function changeElsewhere(office: APIRequestContext, { id }: CommonTask, data: object): Promise<void> {
  await mustWork(office.patch(`/api/v1/admin/common-tasks/${id}`, { data }));
}

function addOf(page: Page, { title }: CommonTask) {
  return page.getByRole("button", { name: `Add “${title}” to your tasks` });
}

function editOf(page: Page, { title }: CommonTask) {
  return page.getByRole("button", { name: `Edit “${title}”` });
}

test.describe("the common tasks", () => {
  test("say what will be there", async ({ signedIn: page, context }) => {
    await context.route("**/api/v1/common-tasks", (route) =>
      route.fulfill({ json: { items: [], next_cursor: null } }),
    );
    await page.getByRole("link", { name: "Common tasks" }).click();
    await expect(page.getByText("There are no common tasks yet.")).toBeVisible();
    await expect(page.getByText("Whoever administers this Taskfleet")).toBeVisible();
  });

  test("are found, looked at and added by keyboard, and taken back", async ({ signedIn: page, office }) => {
    const own = word();
    const task = await newCommonTask(office, { title: `Back up ${own}`, notes: "Keep **two** copies" });
    await newCommonTask(office, { title: `Another of ${word()}` });
    await page.keyboard.press("g");
    await page.keyboard.press("b");
    await page.getByRole("searchbox", { name: "Find among the common tasks" }).fill(`two ${own}`);
    await expect(page.locator(".common-task")).toHaveCount(1);
    await page.getByRole("searchbox", { name: "Find among the common tasks" }).blur();
    await page.keyboard.press("j");
    await page.keyboard.press("e");
    await expect(page.getByRole("dialog", { name: task.title }).locator("strong")).toHaveText("two");
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await page.keyboard.press("Enter");
    await expect(page.getByText(`Added “${task.title}” to Inbox`)).toBeVisible();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("link", { name: "Trash" }).click();
    await expect(page.getByText(task.title)).toBeVisible();
    await page.getByRole("link", { name: "Inbox" }).click();
    await expect(titleOf(page, task.title)).toHaveCount(0);
  });

  test("are added to a list", async ({ signedIn: page, office, context }) => {
    const headers = { Origin: new URL(page.url()).origin };
    await context.request.post("/api/v1/lists", { data: { name: "Chores" }, headers });
    const task = await newCommonTask(office, { title: `Air the rooms ${word()}`, priority: 3 });
    await page.goto("/common-tasks");
    await page.getByLabel("Add to").selectOption("Chores");
    await addOf(page, task).click();
    await expect(page.getByText(`Added “${task.title}” to Chores`)).toBeVisible();
    await page.getByRole("link", { name: "Chores" }).click();
    await expect(titleOf(page, task.title)).toBeVisible();
  });

  test("that are gone are told to be, and go", async ({ signedIn: page, office }) => {
    const task = await newCommonTask(office, { title: `Short-lived ${word()}` });
    await page.goto("/common-tasks");
    await expect(addOf(page, task)).toBeVisible();
    await mustWork(office.delete(`/api/v1/admin/common-tasks/${task.id}`));
    await addOf(page, task).click();
    await expect(page.getByRole("alert")).toContainText(`“${task.title}” was not added.`);
    await expect(addOf(page, task)).toHaveCount(0);
  });

  test("are not added without a network, and say so", async ({ signedIn: page, office, context }) => {
    const task = await newCommonTask(office, { title: `Far away ${word()}` });
    await page.goto("/common-tasks");
    await expect(addOf(page, task)).toBeEnabled();
    await context.setOffline(true);
    await expect(page.getByText("You are offline. Tasks can be added")).toBeVisible();
    await expect(addOf(page, task)).toBeDisabled();
  });
});

test.describe("whoever keeps the common tasks", () => {
  test("adds, edits and deletes them; what is typed outlives a reload", async ({ admin: page }) => {
    const own = word();
    await page.goto("/admin/common-tasks");
    await page.getByRole("button", { name: "Add a common task" }).click();
    const form = page.getByRole("dialog");
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await expect(form.getByRole("alert")).toHaveText("It needs a title.");
    await form.getByLabel("Title").fill(`Renew ${own}`);
    await page.reload();
    await expect(form.getByLabel("Title")).toHaveValue(`Renew ${own}`);
    await form.getByLabel("Priority").selectOption("High");
    await form.getByLabel("Title").press("Enter");
    await expect(page.getByText(`Added “Renew ${own}” to the common tasks`)).toBeVisible();
    await editOf(page, { id: "", title: `Renew ${own}` }).click();
    await form.getByLabel("Notes").fill("It takes six weeks.");
    await form.getByRole("button", { name: "Save" }).click();
    await expect(form).toHaveCount(0);
    await expect(page.locator(".common-task").filter({ hasText: own })).toContainText("six weeks");
    await page.getByRole("button", { name: `Delete “Renew ${own}”` }).click();
    await form.getByRole("button", { name: "Delete the common task" }).click();
    await expect(page.locator(".common-task").filter({ hasText: own })).toHaveCount(0);
  });

  test("puts them in order, by button and by keyboard", async ({ admin: page, office }) => {
    const own = word();
    const first = await newCommonTask(office, { title: `First ${own}` });
    const second = await newCommonTask(office, { title: `Second ${own}` });
    const order = async () => {
      const { items } = await (await office.get("/api/v1/common-tasks")).json();
      return items.map(({ id }: CommonTask) => id).filter((id: string) => [first.id, second.id].includes(id));
    };
    await page.goto("/admin/common-tasks");
    const up = page.getByRole("button", { name: `Move “${second.title}” up` });
    await up.click();
    await expect.poll(order).toEqual([second.id, first.id]);
    await expect(up).toBeFocused();
    await page.keyboard.press("Alt+ArrowDown");
    await expect.poll(order).toEqual([first.id, second.id]);
    await page.getByRole("searchbox", { name: "Find among the common tasks" }).fill(own);
    await expect(up).toHaveAttribute("aria-disabled", "true");
  });

  test("sees both versions where somebody else has changed the same", async ({ admin: page, office }) => {
    const task = await newCommonTask(office, { title: `Water ${word()}` });
    await page.goto("/admin/common-tasks");
    await editOf(page, task).click();
    const form = page.getByRole("dialog");
    await form.getByLabel("Title").fill(`${task.title} daily`);
    await changeElsewhere(office, task, { title: `${task.title} weekly`, priority: 4 });
    await form.getByRole("button", { name: "Save" }).click();
    await expect(form.getByRole("row", { name: /^Title/ })).toContainText(/daily.*weekly/);
    await expect(form.getByLabel("Priority")).toHaveValue("4");
    await form.getByRole("button", { name: "Use mine" }).click();
    await expect(editOf(page, { ...task, title: `${task.title} daily` })).toBeVisible();

    await changeElsewhere(office, task, { title: `${task.title} monthly` });
    await page.getByRole("button", { name: `Delete “${task.title} daily”` }).click();
    await form.getByRole("button", { name: "Delete the common task" }).click();
    await expect(form.getByRole("row", { name: /^Title/ })).toContainText(/daily.*monthly/);
    await form.getByRole("button", { name: "Delete the common task" }).click();
    await expect(page.locator(".common-task").filter({ hasText: task.title })).toHaveCount(0);
  });

  test("loses nothing of one that somebody else deletes meanwhile", async ({ admin: page, office }) => {
    const task = await newCommonTask(office, { title: `Prune ${word()}` });
    await page.goto("/admin/common-tasks");
    await editOf(page, task).click();
    const form = page.getByRole("dialog");
    await form.getByLabel("Notes").fill("In winter");
    await mustWork(office.delete(`/api/v1/admin/common-tasks/${task.id}`));
    await form.getByRole("button", { name: "Save" }).click();
    await expect(form.getByRole("alert")).toContainText("Somebody has deleted it in the meantime");
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await expect(page.locator(".common-task").filter({ hasText: task.title })).toContainText("In winter");
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const viewport of [
    { width: 1280, height: 720 },
    { width: 390, height: 844 },
  ]) {
    test.describe(`in the ${colorScheme}, ${viewport.width} pixels wide`, () => {
      test.use({ colorScheme, viewport });

      test("common tasks fit, and have no barrier that axe finds", async ({
        signedIn: page,
        office,
        context,
      }) => {
        test.slow(); // it looks at several pages
        const { id } = await (await context.request.get("/api/v1/me")).json();
        await mustWork(office.patch(`/api/v1/admin/users/${id}`, { data: { role: "admin" } }));
        const own = word();
        const task = await newCommonTask(office, {
          title: `Sweep ${own}`,
          notes: "Every corner",
          labels: ["home"],
          priority: 3,
        });
        const check = async () => {
          await expectToFit(page);
          expect(await barriers(page)).toEqual([]);
        };
        await page.goto(`/common-tasks?q=${own}`);
        await addOf(page, task).click();
        await page.getByText(`Added “${task.title}” to Inbox`).waitFor();
        await check();
        await page.getByRole("button", { name: `Show “${task.title}”` }).click();
        await page.getByRole("dialog").waitFor();
        await check();
        await page.goto(`/admin/common-tasks?q=${own}`);
        await editOf(page, task).waitFor();
        await check();
        await editOf(page, task).click();
        const form = page.getByRole("dialog");
        await form.getByLabel("Title").fill("Mine");
        await changeElsewhere(office, task, { title: `Theirs ${own}` });
        await form.getByRole("button", { name: "Save" }).click();
        await form.getByRole("alert").waitFor();
        await check();
      });
    });
  }
}
