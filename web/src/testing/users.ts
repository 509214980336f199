import type { UserDetailsOut } from "../api/generated/taskfleet.schemas";

/** A user as administrators are told of them. */
export function userOf(members: Partial<UserDetailsOut> = {}): UserDetailsOut {
  return {
    id: "user-2",
    email: "bob@example.org",
    name: "Bob",
    role: "user",
    disabled: false,
    created_at: "2026-11-01T08:00:00.000Z",
    revision: 4,
    last_seen_at: "2026-11-28T08:00:00.000Z",
    sessions: 1,
    tasks: 12,
    ...members,
  };
}
