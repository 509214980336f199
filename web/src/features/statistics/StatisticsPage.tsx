import { Button, Skeleton, Stack, Text, Title } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { StatsAnswer } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { CompletedChart } from "./CompletedChart";
import { StatusBar } from "./StatusBar";
import "./statistics.css";
import { useStats } from "./stats-query";

const words = en.statistics;

/** How much there is to do, and how much was done. */
export function StatisticsPage() {
  const stats = useStats();
  const isOffline = stats.data === undefined && stats.fetchStatus === "paused";
  return (
    <Stack gap="xl" className="task-page">
      <Title order={1} size="h3">
        {en.views.statistics}
      </Title>
      {isOffline && <Text role="alert">{en.list.offline}</Text>}
      {stats.data === undefined && !stats.isError && !isOffline && (
        <Stack gap="lg" role="status" aria-label={words.loading}>
          <Skeleton height={72} />
          <Skeleton height={240} />
        </Stack>
      )}
      {stats.isError && (
        <Text role="alert">
          {words.failed} {describeFailure(stats.error)}{" "}
          <Button variant="subtle" size="compact-sm" onClick={() => void stats.refetch()}>
            {en.list.retry}
          </Button>
        </Text>
      )}
      {stats.data !== undefined && <Numbers stats={stats.data} />}
    </Stack>
  );
}

function Numbers({ stats }: { readonly stats: StatsAnswer }) {
  const { by_status, overdue, due_today, completed_per_day } = stats;
  const hasTasks = by_status.todo + by_status.in_progress + by_status.done > 0;
  const hasCompleted = completed_per_day.some(({ count }) => count > 0);
  if (!hasTasks && !hasCompleted) {
    return <Text c="dimmed">{words.empty}</Text>;
  }
  return (
    <>
      <ul className="figures" aria-label={words.now}>
        <Figure name={en.details.statuses.todo} count={by_status.todo} to={{ to: "/all" }} />
        <Figure
          name={en.details.statuses.in_progress}
          count={by_status.in_progress}
          to={{ to: "/all", search: { view: "board" } }}
        />
        <Figure
          name={en.details.statuses.done}
          count={by_status.done}
          to={{ to: "/all", search: { view: "board" } }}
        />
        <Figure name={words.overdue} count={overdue} to={{ to: "/today" }} isLate={overdue > 0} />
        <Figure name={words.dueToday} count={due_today} to={{ to: "/today" }} />
      </ul>
      <section aria-labelledby="statistics-by-status">
        <Title order={2} size="sm" pb="sm" id="statistics-by-status">
          {words.byStatus}
        </Title>
        <StatusBar counts={by_status} />
      </section>
      <section aria-labelledby="statistics-completed">
        <Title order={2} size="sm" pb="sm" id="statistics-completed">
          {words.completedPerDay}
        </Title>
        {hasCompleted ? (
          <CompletedChart days={completed_per_day} />
        ) : (
          <Text c="dimmed">{words.noneCompleted}</Text>
        )}
      </section>
    </>
  );
}

interface FigureProps {
  readonly name: string;
  readonly count: number;
  /** The view that shows these tasks. */
  readonly to: Pick<LinkProps, "to" | "search">;
  readonly isLate?: boolean;
}

function Figure({ name, count, to, isLate = false }: FigureProps) {
  return (
    <li>
      <Link className="figure" {...to}>
        <span className="figure-count" data-overdue={isLate}>
          {count}
        </span>
        <span className="task-detail">{name}</span>
      </Link>
    </li>
  );
}
