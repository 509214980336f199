import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import Markdown from "react-markdown";
import type { CommonTaskOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { PriorityMark } from "../tasks/TaskMarks";
import { useFocusBack } from "../tasks/use-focus-back";

const words = en.commonTasks;

interface Props {
  readonly commonTask: CommonTaskOut;
  readonly canAdd: boolean;
  readonly onAdd: () => void;
  readonly onClose: () => void;
}

/** All that a common task has. */
export function CommonTaskDialog({ commonTask, canAdd, onAdd, onClose }: Props) {
  const { title, notes, priority, labels } = commonTask;
  useFocusBack();
  return (
    <Modal
      opened
      onClose={onClose}
      title={<span dir="auto">{title}</span>}
      closeButtonProps={{ "aria-label": words.close }}
      centered
    >
      <Stack gap="lg">
        <div className="markdown" dir="auto">
          {notes ? <Markdown>{notes}</Markdown> : <Text c="dimmed">{words.noNotes}</Text>}
        </div>
        <Group justify="space-between" gap="sm">
          <Group gap="sm">
            <PriorityMark priority={priority} />
            <Text size="sm" c="dimmed" dir="auto">
              {labels.join(", ")}
            </Text>
          </Group>
          <Button
            data-autofocus
            leftSection={<IconPlus size={16} aria-hidden />}
            disabled={!canAdd}
            aria-label={words.addOf(title)}
            onClick={onAdd}
          >
            {words.add}
          </Button>
        </Group>
        {!canAdd && <Text size="sm">{words.offline}</Text>}
      </Stack>
    </Modal>
  );
}
