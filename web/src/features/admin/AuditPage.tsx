import { Button, Stack, Text, VisuallyHidden } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { en } from "../../words/en";
import { commonTasksQuery } from "../common-tasks/common-tasks";
import { AdminLoadingState } from "./AdminLoadingState";
import { AuditEntry } from "./AuditEntry";
import { AuditFilters } from "./AuditFilters";
import { type AuditFilter, auditQuery } from "./admin-queries";

const words = en.admin.audit;
const HEIGHTS = [56, 56, 56, 56];

interface Props {
  readonly filter: AuditFilter;
  readonly onFilter: (filter: AuditFilter) => void;
}

/** What administrators did, the newest first. */
export function AuditPage({ filter, onFilter }: Props) {
  const audit = useInfiniteQuery(auditQuery(filter));
  const commonTasks = useQuery(commonTasksQuery).data;
  const titles = useMemo(() => new Map(commonTasks?.map(({ id, title }) => [id, title])), [commonTasks]);
  const entries = audit.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <Stack gap="md">
      <VisuallyHidden component="h2">{words.title}</VisuallyHidden>
      <AuditFilters filter={filter} onFilter={onFilter} />
      <AdminLoadingState query={audit} words={words} heights={HEIGHTS}>
        {entries.length === 0 ? (
          <Text role="status">{isFiltered ? words.nothing : words.empty}</Text>
        ) : (
          <ol className="audit" aria-label={words.list} aria-busy={audit.isPlaceholderData}>
            {entries.map((entry) => (
              <AuditEntry key={entry.id} entry={entry} titles={titles} />
            ))}
          </ol>
        )}
        {audit.hasNextPage && (
          <div>
            <Button
              variant="default"
              loading={audit.isFetchingNextPage}
              onClick={() => void audit.fetchNextPage()}
            >
              {en.admin.more}
            </Button>
          </div>
        )}
      </AdminLoadingState>
    </Stack>
  );
}
