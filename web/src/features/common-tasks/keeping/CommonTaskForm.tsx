import {
  Button,
  Group,
  Modal,
  NativeSelect,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import type { CommonTaskDraft, CommonTaskOut } from "../../../api/generated/taskfleet.schemas";
import { newIdempotencyKey } from "../../../api/http";
import { useIsOnline } from "../../../api/online";
import { en } from "../../../words/en";
import { describeFailure } from "../../../words/failure";
import { useNotices } from "../../tasks/notices";
import { useFocusBack } from "../../tasks/use-focus-back";
import { CommonTaskVersions } from "./CommonTaskVersions";
import { currentCommonTaskOf, isGone, patchTo } from "./common-task-changes";
import { useTyped } from "./typed-form";
import { useCommonTaskChange } from "./use-common-task-change";

/** The contract's numbers. */
const MAX_TITLE_LENGTH = 500;
const MAX_NOTES_LENGTH = 20_000;
const MAX_LABELS = 20;
const MAX_LABEL_LENGTH = 50;

const words = en.keepCommonTasks;

interface Props {
  /** Tells this form from those of other common tasks. */
  readonly name: string;
  /** The one to edit; without one it becomes a new one. */
  readonly commonTask: CommonTaskOut | undefined;
  readonly onClose: () => void;
}

/** Writes a common task, new or not; what is typed outlives the form until it is saved or thrown away. */
export function CommonTaskForm({ name, commonTask, onClose }: Props) {
  useFocusBack();
  const isOnline = useIsOnline();
  const { tell } = useNotices();
  const { typed, keep, forget } = useTyped(name, commonTask);
  const change = useCommonTaskChange();
  const [isTitleMissing, setTitleMissing] = useState(false);
  // The same for each try with the same words, so that a lost answer makes no second one.
  const key = useRef(newIdempotencyKey());
  const { seen, fields } = typed;
  const values: Required<CommonTaskDraft> = { ...EMPTY, ...seen, ...fields };
  const current = currentCommonTaskOf(change.error);
  const type = (next: Partial<CommonTaskDraft>) => {
    key.current = newIdempotencyKey();
    keep({ seen, fields: { ...fields, ...next } });
  };
  const leave = () => {
    forget();
    onClose();
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    const wanted = { ...fields, title: values.title.trim() };
    setTitleMissing(wanted.title === "");
    if (wanted.title === "" || change.isPending || !isOnline) {
      return;
    }
    if (seen === undefined) {
      const { title, notes, priority, labels } = { ...values, ...wanted };
      change.mutate(
        { kind: "create", draft: { title, notes, priority, labels }, key: key.current },
        {
          onSuccess: () => {
            leave();
            tell(words.wasAdded(title));
          },
        },
      );
      return;
    }
    const patch = patchTo(seen, wanted);
    if (Object.keys(patch).length === 0) {
      leave();
      return;
    }
    change.mutate(
      { kind: "update", seen, patch },
      {
        onSuccess: leave,
        // Whoever saves once more has been told of the version that stood in the way, or that there is none.
        onError: (error) => {
          const newer = currentCommonTaskOf(error);
          if (newer !== undefined) {
            keep({ seen: newer, fields });
          } else if (isGone(error)) {
            keep({ seen: undefined, fields: values });
          }
        },
      },
    );
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={seen === undefined ? words.newTitle : words.editTitle}
      closeButtonProps={{ "aria-label": words.close }}
      size="lg"
    >
      <form onSubmit={save} noValidate>
        <Stack gap="md">
          <TextInput
            data-autofocus
            required
            label={en.details.name}
            maxLength={MAX_TITLE_LENGTH}
            value={values.title}
            error={isTitleMissing && words.titleMissing}
            errorProps={{ role: "alert" }}
            onChange={(event) => {
              setTitleMissing(false);
              type({ title: event.currentTarget.value });
            }}
          />
          <Textarea
            label={en.details.notes}
            description={en.details.notesHint}
            autosize
            minRows={4}
            maxRows={12}
            maxLength={MAX_NOTES_LENGTH}
            value={values.notes}
            onChange={(event) => type({ notes: event.currentTarget.value })}
          />
          <NativeSelect
            label={en.details.priority}
            value={String(values.priority)}
            data={en.details.priorities.map((label, level) => ({ value: String(level), label }))}
            onChange={(event) => type({ priority: Number(event.currentTarget.value) })}
          />
          <TagsInput
            label={en.details.labels}
            placeholder={en.details.labelsHint}
            value={[...values.labels]}
            maxTags={MAX_LABELS}
            maxLength={MAX_LABEL_LENGTH}
            onChange={(labels) => type({ labels })}
          />
          {current !== undefined && (
            <div role="alert">
              <Text size="sm" c="var(--overdue)" pb="sm">
                {words.conflict}
              </Text>
              <CommonTaskVersions
                caption={words.conflict}
                name={en.refused.mine}
                version={{ ...current, ...fields }}
                current={current}
              />
            </div>
          )}
          {change.isError && current === undefined && (
            <Text size="sm" c="var(--overdue)" role="alert">
              {isGone(change.error) ? words.gone : describeFailure(change.error)}
            </Text>
          )}
          {!isOnline && <Text size="sm">{en.admin.offline}</Text>}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={leave}>
              {current === undefined ? words.cancel : en.refused.keepTheirs}
            </Button>
            <Button type="submit" disabled={!isOnline} loading={change.isPending}>
              {current !== undefined ? en.refused.useMine : seen === undefined ? words.add : words.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

const EMPTY: Required<CommonTaskDraft> = { title: "", notes: "", priority: 0, labels: [] };
