import { beforeEach, describe, expect, test, vi } from "vitest";
import { profileOf } from "../../testing/profile";
import { json, noNetwork, serve } from "../../testing/service";
import { withFirstZone } from "./first-zone";
import * as zones from "./zones";

const { signal } = new AbortController();

beforeEach(() => {
  vi.spyOn(zones, "browserZone").mockReturnValue("Europe/Paris");
});

describe("a new account", () => {
  const fresh = profileOf({ revision: 0 });

  test("gets the zone of the browser", async () => {
    const requests = serve(() => json({ ...fresh, timezone: "Europe/Paris", revision: 1 }));
    expect(await withFirstZone(fresh, signal)).toMatchObject({ timezone: "Europe/Paris", revision: 1 });
    expect(requests).toMatchObject([{ method: "PATCH", body: { timezone: "Europe/Paris" } }]);
  });

  test("is left as it is where that fails", async () => {
    serve(() => {
      throw noNetwork();
    });
    expect(await withFirstZone(fresh, signal)).toBe(fresh);
  });

  test("that has it already is not changed", async () => {
    const requests = serve(() => json({}));
    await withFirstZone(profileOf({ revision: 0, timezone: "Europe/Paris" }), signal);
    expect(requests).toEqual([]);
  });
});

test("an account in which something was done keeps its zone", async () => {
  const requests = serve(() => json({}));
  const profile = profileOf({ revision: 1 });
  expect(await withFirstZone(profile, signal)).toBe(profile);
  expect(requests).toEqual([]);
});
