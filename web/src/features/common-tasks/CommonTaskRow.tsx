import { Button } from "@mantine/core";
import { IconCheck, IconPlus } from "@tabler/icons-react";
import type { CommonTaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { CommonTaskFace } from "./CommonTaskFace";

const words = en.commonTasks;

interface Props {
  readonly commonTask: CommonTaskOut;
  readonly isPending: boolean;
  readonly isAdded: boolean;
  readonly canAdd: boolean;
  readonly onAdd: () => void;
  readonly onShow: () => void;
}

/** One common task in a line, with the way to copy it. */
export function CommonTaskRow({ commonTask, isPending, isAdded, canAdd, onAdd, onShow }: Props) {
  return (
    <div className="task-row" data-pending={isPending}>
      <CommonTaskFace commonTask={commonTask} name={words.show(commonTask.title)} onOpen={onShow} />
      {isAdded && (
        <span className="task-detail common-task-added">
          <IconCheck size={14} aria-hidden /> {words.wasAdded}
        </span>
      )}
      <Button
        variant="subtle"
        size="compact-sm"
        flex="none"
        leftSection={<IconPlus size={16} aria-hidden />}
        aria-label={words.addOf(commonTask.title)}
        disabled={!canAdd}
        onClick={onAdd}
      >
        {words.add}
      </Button>
    </div>
  );
}
