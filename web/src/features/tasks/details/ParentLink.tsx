import { Button } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { en } from "../../../words/en";
import { taskQuery } from "../task-queries";

interface Props {
  readonly parentId: string;
  readonly onOpen: (taskId: string) => void;
}

/** The way from a sub-task back to its parent. */
export function ParentLink({ parentId, onOpen }: Props) {
  const parent = useQuery(taskQuery(useQueryClient(), parentId));
  const title = parent.data?.title;
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      justify="start"
      leftSection={<IconArrowLeft size={16} aria-hidden />}
      onClick={() => onOpen(parentId)}
    >
      {title === undefined ? en.task.parentUnknown : en.task.parent(title)}
    </Button>
  );
}
