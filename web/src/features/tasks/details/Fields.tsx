import { NativeSelect, Stack, TagsInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { TaskOut, TaskPatch } from "../../../api/generated/taskfleet.schemas";
import { en } from "../../../words/en";
import { useLists } from "../../lists/lists";
import { RepeatField } from "../../recurrence/form/RepeatField";
import { KeptText } from "../KeptText";
import type { TaskActions } from "../task-actions";
import { withoutDue } from "../task-changes";
import { type Day, labelsQuery } from "../task-queries";
import type { OpenedTask } from "../use-open-task";
import { DueFields } from "./DueFields";
import { Footer } from "./Footer";
import { Notes } from "./Notes";
import { ParentLink } from "./ParentLink";
import { Reminders } from "./Reminders";
import { Subtasks } from "./Subtasks";
import "./details.css";

/** The contract's numbers. */
const MAX_TITLE_LENGTH = 500;
const MAX_LABELS = 20;
const MAX_LABEL_LENGTH = 50;

const words = en.details;

/** Changes the task that was seen, which is the present one unless told otherwise. */
export type PatchTask = (patch: TaskPatch, seen?: TaskOut) => void;

/** A part of the details that changes the task. */
export interface FieldProps {
  readonly task: TaskOut;
  readonly patch: PatchTask;
}

interface Props {
  readonly task: TaskOut;
  readonly day: Day;
  readonly actions: TaskActions;
  readonly opened: OpenedTask;
}

/** All that a task has, in the order in which it is mostly wanted. */
export function Fields({ task, day, actions, opened }: Props) {
  const patch: PatchTask = (fields, seen = task) => actions.patch(seen, fields);
  const { wanted, open } = opened;
  return (
    <Stack gap="md">
      {task.parent_id !== null && <ParentLink parentId={task.parent_id} onOpen={open} />}
      <KeptText
        task={task}
        field="title"
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
      <DueFields
        task={task}
        patch={patch}
        wanted={wanted?.field === "due" ? wanted : undefined}
        onRemove={() => {
          const change = withoutDue(task);
          if (change.recurrence === null) {
            // More goes than was named: with a way back.
            actions.changeMany([task], { kind: "patch", patchOf: withoutDue });
          } else {
            patch(change);
          }
        }}
      />
      <RepeatField
        key={task.id}
        task={task}
        day={day}
        patch={patch}
        wanted={wanted?.field === "recurrence" ? wanted : undefined}
      />
      <NativeSelect
        label={words.priority}
        value={String(task.priority)}
        data={words.priorities.map((label, level) => ({ value: String(level), label }))}
        onChange={(event) => patch({ priority: Number(event.currentTarget.value) })}
      />
      {/* A sub-task is always in its parent's list. */}
      {task.parent_id === null && <ListField task={task} patch={patch} />}
      <LabelsField task={task} patch={patch} wanted={wanted?.field === "labels" ? wanted : undefined} />
      <Notes task={task} patch={patch} />
      {task.parent_id === null && <Subtasks parent={task} day={day} actions={actions} onOpen={open} />}
      <Reminders task={task} patch={patch} timezone={day.timezone} />
      <Footer task={task} timezone={day.timezone} actions={actions} onGone={() => open(undefined)} />
    </Stack>
  );
}

function ListField({ task, patch }: FieldProps) {
  const lists = useLists();
  return (
    <NativeSelect
      label={words.list}
      value={task.list_id ?? ""}
      data={[
        { value: "", label: en.views.inbox },
        ...(lists ?? []).map((list) => ({ value: list.id, label: list.name })),
      ]}
      onChange={(event) => patch({ list_id: event.currentTarget.value || null })}
    />
  );
}

function LabelsField({ task, patch, wanted }: FieldProps & { readonly wanted: object | undefined }) {
  const labels = useQuery(labelsQuery);
  const field = useWantedField(wanted);
  return (
    <TagsInput
      ref={field}
      label={words.labels}
      placeholder={words.labelsHint}
      value={task.labels}
      data={labels.data?.map((label) => label.name) ?? []}
      maxTags={MAX_LABELS}
      maxLength={MAX_LABEL_LENGTH}
      onChange={(chosen) => patch({ labels: chosen })}
    />
  );
}

/** A field that gets the focus whenever it is wanted anew. */
export function useWantedField<Field extends HTMLElement = HTMLInputElement>(wanted: object | undefined) {
  const field = useRef<Field>(null);
  useEffect(() => {
    if (wanted !== undefined) {
      // Behind the panel itself, which takes the focus as it opens.
      const timer = window.setTimeout(() => field.current?.focus());
      return () => window.clearTimeout(timer);
    }
    return undefined;
  }, [wanted]);
  return field;
}
