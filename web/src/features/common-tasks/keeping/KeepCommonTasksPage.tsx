import { ActionIcon, Button, Stack, Text, VisuallyHidden } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { lazy, type ReactNode, Suspense, useMemo, useRef, useState } from "react";
import type { CommonTaskOut } from "../../../api/generated/taskfleet.schemas";
import { useIsOnline } from "../../../api/online";
import { FindField } from "../../../fields/FindField";
import { en } from "../../../words/en";
import { describeFailure } from "../../../words/failure";
import { useCurrentTask } from "../../tasks/use-current-task";
import { useShortcuts } from "../../tasks/use-shortcuts";
import { VirtualRows } from "../../tasks/VirtualRows";
import { CommonTaskFace } from "../CommonTaskFace";
import { ALL_LOADED, CommonTasksState } from "../CommonTasksState";
import { findCommonTasks } from "../common-tasks";
import { DeleteCommonTask } from "./DeleteCommonTask";
import { readTyped } from "./typed-form";
import { useCommonTaskMove, useKeptCommonTasks } from "./use-common-task-change";
import "../common-tasks.css";

const CommonTaskForm = lazy(async () => ({ default: (await import("./CommonTaskForm")).CommonTaskForm }));

const words = en.keepCommonTasks;
const NEW = "new";

/** What the address bar says of the page. */
export interface KeepingPlace {
  readonly q?: string | undefined;
  /** The id of the one in the form, or `new`. */
  readonly edit?: string | undefined;
}

interface Props {
  readonly place: KeepingPlace;
  readonly onPlace: (place: KeepingPlace) => void;
}

/** The common tasks for those who keep them: add, edit, put in order, delete. */
export function KeepCommonTasksPage({ place, onPlace }: Props) {
  const { q = "", edit } = place;
  const { query, commonTasks } = useKeptCommonTasks();
  const { move, error, title: movedTitle } = useCommonTaskMove();
  const isOnline = useIsOnline();
  const found = useMemo(() => findCommonTasks(commonTasks, q), [commonTasks, q]);
  const current = useCurrentTask(found);
  const [asked, setAsked] = useState<CommonTaskOut>();
  const [said, setSaid] = useState("");
  // Among a part of them nobody sees between which a common task comes to stand.
  const canMove = isOnline && found === commonTasks;
  const moveBy = (commonTask: CommonTaskOut, places: -1 | 1) => {
    if (canMove && move(commonTasks, commonTask, places)) {
      const place = commonTasks.findIndex(({ id }) => id === commonTask.id) + places + 1;
      setSaid(en.dragging.moved(commonTask.title, place, commonTasks.length));
    }
  };
  const open = (id: string | undefined) => onPlace({ ...place, edit: id });
  const onCurrent = (act: (commonTask: CommonTaskOut) => void) => () => {
    if (current.task !== undefined) {
      act(current.task);
    }
  };
  useShortcuts({
    j: () => current.step(1),
    k: () => current.step(-1),
    e: onCurrent(({ id }) => open(id)),
    enter: onCurrent(({ id }) => open(id)),
    "alt+arrowup": onCurrent((commonTask) => moveBy(commonTask, -1)),
    "alt+arrowdown": onCurrent((commonTask) => moveBy(commonTask, 1)),
  });
  const edited = commonTasks.find(({ id }) => id === edit);
  // It stays while one types, even if somebody else deletes what is edited.
  const formName = useRef<string>(undefined);
  formName.current =
    edit === NEW || edited !== undefined || (edit !== undefined && readTyped(edit) !== undefined)
      ? edit
      : formName.current;
  const isFormOpen = query.data !== undefined && edit !== undefined && edit === formName.current;
  return (
    <Stack gap="md" className="common-tasks">
      <VisuallyHidden component="h2">{words.title}</VisuallyHidden>
      <Text c="dimmed" size="sm">
        {words.hint}
      </Text>
      <div className="common-tasks-head">
        <FindField
          label={en.commonTasks.find}
          text={q}
          onFind={(text) => onPlace({ ...place, q: text === "" ? undefined : text })}
        />
        <Button
          leftSection={<IconPlus size={16} aria-hidden />}
          disabled={!isOnline}
          onClick={() => open(NEW)}
        >
          {words.new}
        </Button>
      </div>
      {error !== null && (
        <Text size="sm" c="var(--overdue)" role="alert">
          {words.notMoved(movedTitle, describeFailure(error))}
        </Text>
      )}
      <CommonTasksState query={query}>
        {commonTasks.length === 0 && <Text role="status">{words.empty}</Text>}
        {commonTasks.length > 0 && found.length === 0 && (
          <Text role="status">{en.commonTasks.nothing(q)}</Text>
        )}
        {found.length > 0 && (
          <VirtualRows
            tasks={found}
            paging={ALL_LOADED}
            current={current.index}
            onCurrent={current.choose}
            nameOf={({ title }) => title}
          >
            {(commonTask) => (
              <div className="task-row">
                <CommonTaskFace
                  commonTask={commonTask}
                  name={words.edit(commonTask.title)}
                  onOpen={() => open(commonTask.id)}
                />
                <div className="common-task-acts">
                  <Act
                    name={words.up(commonTask.title)}
                    isOff={!canMove || commonTask === found[0]}
                    onAct={() => moveBy(commonTask, -1)}
                  >
                    <IconArrowUp size={16} aria-hidden />
                  </Act>
                  <Act
                    name={words.down(commonTask.title)}
                    isOff={!canMove || commonTask === found.at(-1)}
                    onAct={() => moveBy(commonTask, 1)}
                  >
                    <IconArrowDown size={16} aria-hidden />
                  </Act>
                  <Act
                    name={words.delete(commonTask.title)}
                    isOff={!isOnline}
                    onAct={() => setAsked(commonTask)}
                  >
                    <IconTrash size={16} aria-hidden />
                  </Act>
                </div>
              </div>
            )}
          </VirtualRows>
        )}
      </CommonTasksState>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
      {isFormOpen && (
        <Suspense>
          <CommonTaskForm key={edit} name={edit} commonTask={edited} onClose={() => open(undefined)} />
        </Suspense>
      )}
      <DeleteCommonTask commonTask={asked} onClose={() => setAsked(undefined)} />
    </Stack>
  );
}

interface ActProps {
  readonly name: string;
  /** Whether it does nothing at present; it keeps the focus all the same. */
  readonly isOff: boolean;
  readonly onAct: () => void;
  readonly children: ReactNode;
}

function Act({ name, isOff, onAct, children }: ActProps) {
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={name}
      aria-disabled={isOff}
      data-disabled={isOff || undefined}
      onClick={isOff ? undefined : onAct}
    >
      {children}
    </ActionIcon>
  );
}
