import type { ImportOut } from "../api/generated/taskfleet.schemas";

/** An import as the service tells of it: ended, and one task added, unless told otherwise. */
export function importOf(members: Partial<ImportOut> = {}): ImportOut {
  return {
    id: "import-1",
    state: "finished",
    dry_run: false,
    format: "csv",
    lists: { created: 0 },
    tasks: { created: 1, skipped: 0, failed: 0 },
    errors: [],
    errors_left_off: 0,
    notes: [],
    progress: { bytes_read: 0, bytes_total: 0 },
    problem: null,
    ...members,
  };
}
