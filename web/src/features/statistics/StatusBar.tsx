import type { StatusCounts } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { STATUSES } from "../tasks/view";

/** How the tasks are shared out between the statuses, in one bar. */
export function StatusBar({ counts }: { readonly counts: StatusCounts }) {
  return (
    <>
      <div className="status-bar" aria-hidden>
        {STATUSES.filter((status) => counts[status] > 0).map((status) => (
          <div key={status} data-status={status} style={{ flexGrow: counts[status] }} />
        ))}
      </div>
      <ul className="status-legend" aria-label={en.statistics.byStatus}>
        {STATUSES.map((status) => (
          <li key={status}>
            <span className="status-mark" data-status={status} aria-hidden />
            {en.details.statuses[status]} <strong>{counts[status]}</strong>
          </li>
        ))}
      </ul>
    </>
  );
}
