import { Stack, Text, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { AdminStats, PeriodCounts } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { useNow } from "../settings/now";
import { describePast } from "../settings/past";
import { AdminLoadingState } from "./AdminLoadingState";
import { adminStatsQuery } from "./admin-queries";

const words = en.admin.statistics;
const HEIGHTS = [72, 96];

/** How much of everything there is in this installation. */
export function AdminStatisticsPage() {
  const stats = useQuery(adminStatsQuery);
  return (
    <Stack gap="lg">
      <VisuallyHidden component="h2">{words.title}</VisuallyHidden>
      <AdminLoadingState query={stats} words={words} heights={HEIGHTS}>
        {stats.data && <Numbers stats={stats.data} />}
      </AdminLoadingState>
    </Stack>
  );
}

function Numbers({ stats: { users, sessions, tasks, counted_at } }: { readonly stats: AdminStats }) {
  const locale = useLocale();
  const now = useNow();
  const number = new Intl.NumberFormat(locale);
  return (
    <>
      <dl className="admin-figures">
        {[
          [words.total, users.total],
          [words.admins, users.admins],
          [words.disabled, users.disabled],
          [words.sessions, sessions.total],
          [words.tasks, tasks.total],
        ].map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{number.format(Number(count))}</dd>
          </div>
        ))}
      </dl>
      <table className="admin-table">
        <thead>
          <tr>
            <th scope="col">{words.within}</th>
            <th scope="col">{words.day}</th>
            <th scope="col">{words.week}</th>
            <th scope="col">{words.month}</th>
          </tr>
        </thead>
        <tbody>
          <Periods name={words.new} counts={users.new} number={number} />
          <Periods name={words.active} counts={users.active} number={number} />
        </tbody>
      </table>
      <Text size="sm" c="dimmed">
        {words.activeHint} {words.tasksHint} {words.counted(describePast(new Date(counted_at), now, locale))}.
      </Text>
    </>
  );
}

interface PeriodsProps {
  readonly name: string;
  readonly counts: PeriodCounts;
  readonly number: Intl.NumberFormat;
}

function Periods({ name, counts, number }: PeriodsProps) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{number.format(counts.last_day)}</td>
      <td>{number.format(counts.last_7_days)}</td>
      <td>{number.format(counts.last_30_days)}</td>
    </tr>
  );
}
