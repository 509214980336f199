import type { CommonTaskOut } from "../api/generated/taskfleet.schemas";

/** A common task as the service answers it. */
export function commonTaskOf(members: Partial<CommonTaskOut> = {}): CommonTaskOut {
  return {
    id: "common-1",
    title: "Back up the laptop",
    notes: "Plug the disk in",
    priority: 2,
    labels: ["home"],
    position: "a0",
    created_at: "2026-11-01T08:00:00.000Z",
    updated_at: "2026-11-01T08:00:00.000Z",
    revision: 3,
    ...members,
  };
}
