import { TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { type FormEvent, type RefObject, useState } from "react";
import type { TaskDraft } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";

/** The contract's number: the longest title. */
const MAX_TITLE_LENGTH = 500;
const DRAFT_KEY = "taskfleet.quick-add";

interface Props {
  readonly field: RefObject<HTMLInputElement | null>;
  /** What a task has that is added in this view. */
  readonly defaults: Partial<TaskDraft>;
  readonly onAdd: (draft: TaskDraft) => void;
}

/** One line for a new task. What is typed survives a reload and an ended session. */
export function QuickAdd({ field, defaults, onAdd }: Props) {
  const [title, setTitle] = useState(() => sessionStorage.getItem(DRAFT_KEY) ?? "");
  const change = (text: string) => {
    setTitle(text);
    sessionStorage.setItem(DRAFT_KEY, text);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = title.trim();
    if (trimmed !== "") {
      onAdd({ ...defaults, title: trimmed });
      change("");
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
        onChange={(event) => change(event.currentTarget.value)}
      />
    </form>
  );
}
