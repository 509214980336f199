import { Drawer, Skeleton, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { en } from "../../words/en";
import { Fields } from "./details/Fields";
import { useOutbox } from "./outbox-context";
import { isGone } from "./send-changes";
import type { TaskActions } from "./task-actions";
import { type Day, taskQuery } from "./task-queries";
import { useFocusBack } from "./use-focus-back";
import type { OpenedTask } from "./use-open-task";

const words = en.details;

interface Props {
  readonly taskId: string;
  readonly day: Day;
  readonly actions: TaskActions;
  readonly opened: OpenedTask;
}

/** Everything about one task, beside the list; on a phone, in front of it. */
export function TaskDetails(props: Props) {
  const opener = useFocusBack();
  return (
    <Drawer
      opened
      onClose={() => props.opened.open(undefined)}
      position="right"
      size={420}
      title={words.title}
      closeButtonProps={{ "aria-label": words.close }}
      withOverlay={false}
      lockScroll={false}
      trapFocus={false}
      classNames={{ inner: "details-inner" }}
    >
      <Panel opener={opener} {...props} />
    </Drawer>
  );
}

/** What is in the panel: it takes the focus from what opened it. */
function Panel({ opener, ...props }: Props & { readonly opener: Element | null }) {
  const content = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Nobody has the focus where the page was loaded with the details open.
    if (opener !== document.body) {
      content.current?.closest<HTMLElement>("[role=dialog]")?.focus();
    }
  }, [opener]);
  return (
    <div ref={content}>
      <Loaded key={useOutbox().firstIdOf(props.taskId)} {...props} />
    </div>
  );
}

function Loaded({ taskId, day, actions, opened }: Props) {
  const task = useQuery(taskQuery(useQueryClient(), taskId));
  if (task.isPending) {
    return <Skeleton height={200} />;
  }
  return task.data === undefined || isGone(task.error) ? (
    <Text role="alert">{words.missing}</Text>
  ) : (
    <Fields task={task.data} day={day} actions={actions} opened={opened} />
  );
}
