import { describe, expect, test } from "vitest";
import type { UserDetailsOut } from "../../api/generated/taskfleet.schemas";
import { json, refusal, type SentRequest, serve } from "../../testing/service";
import { userOf } from "../../testing/users";
import { changeUser } from "./user-changes";

const SEEN = { body: userOf(), etag: '"seen"' };

/** A service that has another version of the user than the one that was seen. */
function serveNewer(newer: UserDetailsOut): readonly SentRequest[] {
  return serve(({ method, headers, body }) => {
    if (method === "GET") {
      return json(newer, 200, { ETag: '"newer"' });
    }
    return headers.get("If-Match") === '"newer"'
      ? json({ ...newer, ...(body as object) }, 200, { ETag: '"changed"' })
      : refusal(412, { current: newer });
  });
}

describe("a change of a user", () => {
  test("goes by the ETag of what was seen, and brings the next one", async () => {
    const requests = serve(({ body }) => json(userOf(body as object), 200, { ETag: '"changed"' }));
    const changed = await changeUser(SEEN, { role: "admin" });
    expect(changed).toEqual({ body: userOf({ role: "admin" }), etag: '"changed"' });
    expect(requests.map(({ method, headers }) => [method, headers.get("If-Match")])).toEqual([
      ["PATCH", '"seen"'],
    ]);
  });

  test("is none of the business of somebody who was merely seen meanwhile", async () => {
    const requests = serveNewer(userOf({ sessions: 2, last_seen_at: "2026-11-29T08:00:00.000Z" }));
    expect((await changeUser(SEEN, { disabled: true })).body.disabled).toBe(true);
    expect(requests.map(({ method }) => method)).toEqual(["PATCH", "GET", "PATCH"]);
  });

  test("is refused where somebody else has changed role or state", async () => {
    const requests = serveNewer(userOf({ role: "admin" }));
    await expect(changeUser(SEEN, { disabled: true })).rejects.toMatchObject({ status: 412 });
    expect(requests.filter(({ method }) => method === "PATCH")).toHaveLength(1);
  });

  test("that somebody else has made already is made", async () => {
    serveNewer(userOf({ disabled: true }));
    expect((await changeUser(SEEN, { disabled: true })).body.disabled).toBe(true);
  });

  test("comes to an end with a user who never stands still", async () => {
    const requests = serve(({ method }) =>
      method === "GET" ? json(userOf(), 200, { ETag: '"other"' }) : refusal(412, { current: userOf() }),
    );
    await expect(changeUser(SEEN, { disabled: true })).rejects.toMatchObject({ status: 412 });
    expect(requests.filter(({ method }) => method === "PATCH")).toHaveLength(5);
  });
});
