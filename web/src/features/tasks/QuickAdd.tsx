import { TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { FormEvent, RefObject } from "react";
import type { TaskDraft } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { keepDraft, useDraft } from "./draft";

/** The contract's number: the longest title. */
const MAX_TITLE_LENGTH = 500;

interface Props {
  readonly field: RefObject<HTMLInputElement | null>;
  /** What a task has that is added in this view. */
  readonly defaults: Partial<TaskDraft>;
  readonly onAdd: (draft: TaskDraft) => void;
}

/** One line for a new task. */
export function QuickAdd({ field, defaults, onAdd }: Props) {
  const title = useDraft();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = title.trim();
    if (trimmed !== "") {
      onAdd({ ...defaults, title: trimmed });
      keepDraft("");
    }
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        ref={field}
        size="md"
        aria-label={en.add.label}
        placeholder={en.add.placeholder}
        leftSection={<IconPlus size={18} aria-hidden />}
        maxLength={MAX_TITLE_LENGTH}
        value={title}
        onChange={(event) => keepDraft(event.currentTarget.value)}
      />
    </form>
  );
}
