import { Group, NativeSelect, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { useIsOnline } from "../../api/online";
import { FindField } from "../../fields/FindField";
import { en } from "../../words/en";
import { useLists } from "../lists/lists";
import { profileQuery } from "../session/profile";
import { useTaskActions } from "../tasks/task-actions";
import { useCurrentTask } from "../tasks/use-current-task";
import { useShortcuts } from "../tasks/use-shortcuts";
import { VirtualRows } from "../tasks/VirtualRows";
import { CommonTaskRow } from "./CommonTaskRow";
import { ALL_LOADED, CommonTasksState } from "./CommonTasksState";
import { commonTasksQuery, findCommonTasks } from "./common-tasks";
import { type Destination, useAdding } from "./use-add";
import "./common-tasks.css";

// It brings Markdown along.
const CommonTaskDialog = lazy(async () => ({
  default: (await import("./CommonTaskDialog")).CommonTaskDialog,
}));

const words = en.commonTasks;

/** What the address bar says of the page. */
export interface CommonTasksPlace {
  readonly q?: string | undefined;
  /** The id of the list that copies go to; missing for the inbox. */
  readonly list?: string | undefined;
  /** The id of the common task that is shown with its notes. */
  readonly shown?: string | undefined;
}

interface Props {
  readonly place: CommonTasksPlace;
  readonly onPlace: (place: CommonTasksPlace) => void;
}

/** The tasks that many people need, to look through and to copy. */
export function CommonTasksPage({ place, onPlace }: Props) {
  const { q = "", list, shown } = place;
  const query = useQuery(commonTasksQuery);
  const isAdmin = useQuery(profileQuery).data?.role === "admin";
  const isOnline = useIsOnline();
  const found = useMemo(() => findCommonTasks(query.data ?? [], q), [query.data, q]);
  const destinations = useDestinations();
  const to = destinations.find(({ listId }) => listId === list) ?? INBOX;
  const { add, pending, added, failure } = useAdding();
  const current = useCurrentTask(found);
  const { undo } = useTaskActions();
  const addCurrent = () => {
    if (current.task !== undefined && isOnline) {
      add(current.task, to);
    }
  };
  useShortcuts({
    j: () => current.step(1),
    k: () => current.step(-1),
    e: () => current.task && onPlace({ ...place, shown: current.task.id }),
    enter: addCurrent,
    z: undo,
  });
  const open = query.data?.find(({ id }) => id === shown);
  return (
    <Stack gap="md" className="task-page common-tasks">
      <div>
        <Group justify="space-between">
          <Title order={1} size="h3">
            {en.views.commonTasks}
          </Title>
          {isAdmin && (
            <Link className="common-tasks-link" to="/admin/common-tasks">
              {words.keep}
            </Link>
          )}
        </Group>
        <Text c="dimmed">{words.hint}</Text>
      </div>
      {!isOnline && (
        <Text size="sm" role="status">
          {words.offline}
        </Text>
      )}
      {failure !== undefined && (
        <Text size="sm" c="var(--overdue)" role="alert">
          {failure}
        </Text>
      )}
      <CommonTasksState query={query}>
        {query.data?.length === 0 ? (
          <Empty isAdmin={isAdmin} />
        ) : (
          <>
            <div className="common-tasks-head">
              <FindField
                label={words.find}
                text={q}
                onFind={(text) => onPlace({ ...place, q: text === "" ? undefined : text })}
              />
              <NativeSelect
                aria-label={words.addTo}
                leftSection={<span className="common-tasks-to">{words.addTo}</span>}
                leftSectionWidth={64}
                value={to.listId ?? ""}
                data={destinations.map(({ listId, name }) => ({ value: listId ?? "", label: name }))}
                onChange={(event) => onPlace({ ...place, list: event.currentTarget.value || undefined })}
              />
            </div>
            {found.length === 0 ? (
              <Text role="status">{words.nothing(q)}</Text>
            ) : (
              <VirtualRows
                tasks={found}
                paging={ALL_LOADED}
                current={current.index}
                onCurrent={current.choose}
                nameOf={({ title }) => title}
              >
                {(commonTask) => (
                  <CommonTaskRow
                    commonTask={commonTask}
                    isPending={pending.has(commonTask.id)}
                    isAdded={added.has(commonTask.id)}
                    canAdd={isOnline}
                    onAdd={() => add(commonTask, to)}
                    onShow={() => onPlace({ ...place, shown: commonTask.id })}
                  />
                )}
              </VirtualRows>
            )}
          </>
        )}
      </CommonTasksState>
      {open !== undefined && (
        <Suspense>
          <CommonTaskDialog
            commonTask={open}
            canAdd={isOnline}
            onAdd={() => {
              add(open, to);
              onPlace({ ...place, shown: undefined });
            }}
            onClose={() => onPlace({ ...place, shown: undefined })}
          />
        </Suspense>
      )}
    </Stack>
  );
}

const INBOX: Destination = { listId: null, name: en.views.inbox };

function useDestinations(): readonly Destination[] {
  const lists = useLists();
  return useMemo(
    () => [
      INBOX,
      ...(lists ?? []).filter(({ archived }) => !archived).map(({ id, name }) => ({ listId: id, name })),
    ],
    [lists],
  );
}

function Empty({ isAdmin }: { readonly isAdmin: boolean }) {
  return (
    <div role="status">
      <Text>{words.empty}</Text>
      {isAdmin ? (
        <Link className="common-tasks-link" to="/admin/common-tasks" search={{ edit: "new" }}>
          {words.first}
        </Link>
      ) : (
        <Text c="dimmed">{words.emptyHint}</Text>
      )}
    </div>
  );
}
