import {
  CloseButton,
  Drawer,
  Group,
  NativeSelect,
  SegmentedControl,
  Skeleton,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import Markdown from "react-markdown";
import type { TaskOut, TaskPatch } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { KeptText } from "./KeptText";
import { useOutbox } from "./outbox-context";
import { labelsQuery, listsQuery, taskQuery } from "./task-queries";

/** The contract's numbers. */
const MAX_TITLE_LENGTH = 500;
const MAX_NOTES_LENGTH = 20_000;
const MAX_LABELS = 20;
const MAX_LABEL_LENGTH = 50;

const words = en.details;

interface Props {
  readonly taskId: string;
  readonly onPatch: (task: TaskOut, patch: TaskPatch) => void;
  readonly onClose: () => void;
}

/** Everything about one task, beside the list; on a phone, in front of it. */
export function TaskDetails({ taskId, onPatch, onClose }: Props) {
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size={420}
      title={words.title}
      closeButtonProps={{ "aria-label": words.close }}
      withOverlay={false}
      lockScroll={false}
      trapFocus={false}
      classNames={{ inner: "details-inner" }}
    >
      <Loaded key={taskId} taskId={taskId} onPatch={onPatch} />
    </Drawer>
  );
}

function Loaded({ taskId, onPatch }: { readonly taskId: string; readonly onPatch: Props["onPatch"] }) {
  const task = useQuery(taskQuery(useQueryClient(), useOutbox().realIdOf(taskId)));
  if (task.isPending) {
    return <Skeleton height={200} />;
  }
  return task.data === undefined ? (
    <Text role="alert">{words.missing}</Text>
  ) : (
    <Fields task={task.data} patch={(patch, seen = task.data) => onPatch(seen, patch)} />
  );
}

interface FieldsProps {
  readonly task: TaskOut;
  /** Changes the task that was seen, which is the present one unless told otherwise. */
  readonly patch: (patch: TaskPatch, seen?: TaskOut) => void;
}

function Fields({ task, patch }: FieldsProps) {
  const lists = useQuery(listsQuery);
  const labels = useQuery(labelsQuery);
  return (
    <Stack gap="md">
      <KeptText
        task={task}
        value={task.title}
        isAllowed={(title) => title !== ""}
        onChange={(title, seen) => patch({ title }, seen)}
      >
        {(field) => <TextInput label={words.name} maxLength={MAX_TITLE_LENGTH} {...field} />}
      </KeptText>
      <NativeSelect
        label={words.status}
        value={task.status}
        data={Object.entries(words.statuses).map(([value, label]) => ({ value, label }))}
        onChange={(event) => patch({ status: event.currentTarget.value as TaskOut["status"] })}
      />
      <Due task={task} patch={patch} />
      <NativeSelect
        label={words.priority}
        value={String(task.priority)}
        data={words.priorities.map((label, level) => ({ value: String(level), label }))}
        onChange={(event) => patch({ priority: Number(event.currentTarget.value) })}
      />
      <NativeSelect
        label={words.list}
        value={task.list_id ?? ""}
        data={[
          { value: "", label: en.views.inbox },
          ...(lists.data ?? []).map((list) => ({ value: list.id, label: list.name })),
        ]}
        onChange={(event) => patch({ list_id: event.currentTarget.value || null })}
      />
      <TagsInput
        label={words.labels}
        placeholder={words.labelsHint}
        value={task.labels}
        data={labels.data?.map((label) => label.name) ?? []}
        maxTags={MAX_LABELS}
        maxLength={MAX_LABEL_LENGTH}
        onChange={(chosen) => patch({ labels: chosen })}
      />
      <Notes task={task} patch={patch} />
    </Stack>
  );
}

function Due({ task, patch }: FieldsProps) {
  const due = task.due;
  return (
    <Group align="end" gap="sm" wrap="nowrap">
      <TextInput
        type="date"
        label={words.day}
        value={due?.date ?? ""}
        onChange={(event) => {
          const date = event.currentTarget.value;
          patch({ due: date ? { date } : null });
        }}
      />
      {due && (
        <>
          <TextInput
            type="time"
            label={words.time}
            value={due.time ?? ""}
            onChange={(event) => patch({ due: { time: event.currentTarget.value || null } })}
          />
          <CloseButton aria-label={words.noDay} onClick={() => patch({ due: null })} />
        </>
      )}
    </Group>
  );
}

function Notes({ task, patch }: FieldsProps) {
  const [isPreview, setPreview] = useState(false);
  return (
    <Stack gap="xs">
      <SegmentedControl
        size="xs"
        aria-label={words.notesHint}
        value={isPreview ? "preview" : "write"}
        onChange={(value) => setPreview(value === "preview")}
        data={[
          { value: "write", label: words.write },
          { value: "preview", label: words.preview },
        ]}
      />
      {isPreview ? (
        <div className="markdown">{task.notes ? <Markdown>{task.notes}</Markdown> : words.nothing}</div>
      ) : (
        <KeptText task={task} value={task.notes} onChange={(notes, seen) => patch({ notes }, seen)}>
          {({ onKeyDown: _, ...field }) => (
            <Textarea
              label={words.notes}
              autosize
              minRows={6}
              maxRows={16}
              maxLength={MAX_NOTES_LENGTH}
              {...field}
            />
          )}
        </KeptText>
      )}
    </Stack>
  );
}
