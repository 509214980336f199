import type { ProfileOut } from "../api/generated/taskfleet.schemas";

/** A user as the service answers them: somebody who has been here for a while, unless told otherwise. */
export function profileOf(members: Partial<ProfileOut> = {}): ProfileOut {
  return {
    id: "user-1",
    email: "ada@example.org",
    name: "Ada",
    picture_url: null,
    role: "user",
    timezone: "UTC",
    locale: "en",
    settings: {},
    revision: 7,
    created_at: "2026-11-01T08:00:00.000Z",
    ...members,
  };
}
