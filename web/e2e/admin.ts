import { randomUUID } from "node:crypto";
import { type APIRequestContext, type Page, request } from "@playwright/test";
import { FIRST_ADMIN } from "./first-admin";
import { test as base } from "./person";

/** What the service has of a user. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  readonly disabled: boolean;
}

interface Fixtures {
  /** The interface as the first administrator uses it, without a browser. */
  readonly office: APIRequestContext;
  /** A page of somebody who has just become an administrator, at Today. */
  readonly admin: Page;
}

export const test = base.extend<Fixtures>({
  office: async ({ baseURL, request: anybody }, use) => {
    const token = await signInAs(anybody, FIRST_ADMIN);
    const office = await request.newContext({
      ...(baseURL !== undefined && { baseURL }),
      extraHTTPHeaders: { Authorization: `Bearer ${token}` },
    });
    await use(office);
    await office.dispose();
  },
  admin: async ({ signedIn: page, office }, use) => {
    const { email } = await (await page.context().request.get("/api/v1/me")).json();
    const user = await findUser(office, email);
    await changeUser(office, user.id, { role: "admin" });
    await page.reload();
    await page.getByRole("link", { name: "Administration" }).waitFor();
    await use(page);
  },
});

export { expect } from "@playwright/test";

/** Have an account made, and return it. */
export async function newUser(office: APIRequestContext, prefix = ""): Promise<User> {
  const email = `${prefix}${randomUUID()}@example.org`;
  await signInAs(office, email);
  return findUser(office, email);
}

export async function findUser(office: APIRequestContext, email: string): Promise<User> {
  const { items } = await (await office.get("/api/v1/admin/users", { params: { q: email } })).json();
  return items[0];
}

export async function changeUser(office: APIRequestContext, id: string, data: object): Promise<void> {
  await mustWork(office.patch(`/api/v1/admin/users/${id}`, { data }));
}

/** Sign in as a program does; returns the access token. */
export async function signInAs(context: APIRequestContext, email: string): Promise<string> {
  const answer = await mustWork(context.post("/api/v1/auth/dev/login", { data: { email } }));
  return (await answer.json()).access_token;
}

/** Reject where the service refuses something. */
export async function mustWork<Answer extends { ok(): boolean; status(): number }>(
  asked: Promise<Answer>,
): Promise<Answer> {
  const answer = await asked;
  if (!answer.ok()) {
    throw new Error(`The service answered ${answer.status()}.`);
  }
  return answer;
}
