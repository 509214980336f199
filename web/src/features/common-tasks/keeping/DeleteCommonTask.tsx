import { Text } from "@mantine/core";
import { useRef } from "react";
import type { CommonTaskOut } from "../../../api/generated/taskfleet.schemas";
import { useIsOnline } from "../../../api/online";
import { Confirmation } from "../../../dialogs/Confirmation";
import { en } from "../../../words/en";
import { useNotices } from "../../tasks/notices";
import { CommonTaskVersions } from "./CommonTaskVersions";
import { currentCommonTaskOf } from "./common-task-changes";
import { useCommonTaskChange } from "./use-common-task-change";

const words = en.keepCommonTasks;

interface Props {
  /** The one to delete, as it was seen; without one nothing is asked. */
  readonly commonTask: CommonTaskOut | undefined;
  readonly onClose: () => void;
}

/** Asks before a common task is deleted; once more where it is another one by now. */
export function DeleteCommonTask({ commonTask, onClose }: Props) {
  const isOnline = useIsOnline();
  const { tell } = useNotices();
  const deletion = useCommonTaskChange();
  // What is asked about stays while the question closes.
  const last = useRef(commonTask);
  last.current = commonTask ?? last.current;
  const asked = last.current;
  const current = currentCommonTaskOf(deletion.error);
  const close = () => {
    onClose();
    deletion.reset();
  };
  return (
    asked && (
      <Confirmation
        isOpen={commonTask !== undefined}
        title={words.deleteTitle(asked.title)}
        action={words.deleteConfirm}
        isReady={isOnline}
        isPending={deletion.isPending}
        error={current === undefined ? deletion.error : null}
        onConfirm={() =>
          deletion.mutate(
            { kind: "delete", seen: current ?? asked },
            {
              onSuccess: () => {
                close();
                tell(words.wasDeleted(asked.title));
              },
            },
          )
        }
        onCancel={close}
      >
        <Text size="sm">{words.deleteMeaning}</Text>
        {current !== undefined && (
          <div role="alert">
            <Text size="sm" c="var(--overdue)" pb="sm">
              {words.deleteConflict}
            </Text>
            <CommonTaskVersions
              caption={words.deleteConflict}
              name={words.seen}
              version={asked}
              current={current}
            />
          </div>
        )}
      </Confirmation>
    )
  );
}
