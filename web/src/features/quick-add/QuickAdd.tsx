import { ActionIcon, TextInput, VisuallyHidden } from "@mantine/core";
import { useClickOutside } from "@mantine/hooks";
import { IconInfoCircle, IconPlus } from "@tabler/icons-react";
import { type FormEvent, type KeyboardEvent, lazy, type RefObject, Suspense, useId, useState } from "react";
import type { TaskDraft } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { useLists } from "../lists/lists";
import { keepDraft, useDraft } from "../tasks/draft";
import { meaningsOf, sayMeanings } from "./describe";
import { Mirror } from "./Mirror";
import "./quick-add.css";
import { Reader } from "./reader";
import { draftOf } from "./reading";
import { spansLeft } from "./spans";
import { type AddTask, useLines } from "./use-lines";
import { useReading } from "./use-reading";

// Most lines are a title, and nothing else.
const Understood = lazy(async () => ({ default: (await import("./Understood")).Understood }));
const Examples = lazy(async () => ({ default: (await import("./Examples")).Examples }));

/** The contract's number: the longest title. */
const MAX_TITLE_LENGTH = 500;

const words = en.quickAdd;

interface Props {
  readonly field: RefObject<HTMLInputElement | null>;
  /** What a task has that is added in this view, where the line does not say otherwise. */
  readonly defaults: Partial<TaskDraft>;
  readonly today: string;
  readonly onAdd: AddTask;
  /** A line was entered; it may be a moment until it is known what to add. */
  readonly onEnter?: () => void;
}

/** One line for a new task, which may say when, where and how often, too. */
export function QuickAdd({ field, defaults, today, onAdd, onEnter }: Props) {
  const text = useDraft();
  const [reader] = useState(() => new Reader());
  const [literal, setLiteral] = useState(false);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const helpId = useId();
  const around = useClickOutside<HTMLFormElement>(() => setHelpOpen(false));
  const reading = useReading(reader, text.trimEnd());
  const enter = useLines(reader, onAdd);
  const spans = reading === undefined ? [] : spansLeft(reading.spans, reading.line, text);
  const isUnderstood = reading !== undefined && spans.length > 0;
  const isLiteral = literal && text !== "";
  const isMarked = isUnderstood && !isLiteral;
  const lists = useLists() ?? [];
  const locale = useLocale();
  const draft = reading && draftOf(reading, defaults);
  const meanings = draft && isUnderstood ? meaningsOf(draft, spans, { lists, today, locale }) : [];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "") {
      enter({ text, defaults, isLiteral });
      keepDraft("");
      setLiteral(false);
      onEnter?.();
    }
  };
  const takeLiterally = (isTaken: boolean) => {
    setLiteral(isTaken);
    field.current?.focus();
  };
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.nativeEvent.isComposing || !(isHelpOpen || isMarked)) {
      return;
    }
    event.stopPropagation(); // it closes nothing else
    if (isHelpOpen) {
      setHelpOpen(false);
    } else {
      takeLiterally(true);
    }
  };
  return (
    <form ref={around} className="quick-add" onSubmit={submit} onKeyDown={leave}>
      <TextInput
        ref={field}
        size="md"
        aria-label={en.add.label}
        placeholder={en.add.placeholder}
        leftSection={<IconPlus size={18} aria-hidden />}
        rightSection={
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={words.help}
            aria-expanded={isHelpOpen}
            aria-controls={isHelpOpen ? helpId : undefined}
            onClick={() => setHelpOpen(!isHelpOpen)}
          >
            <IconInfoCircle size={18} aria-hidden />
          </ActionIcon>
        }
        maxLength={MAX_TITLE_LENGTH}
        autoComplete="off"
        data-mantine-stop-propagation={isHelpOpen || isMarked}
        value={text}
        onChange={(event) => {
          keepDraft(event.currentTarget.value);
          if (event.currentTarget.value === "") {
            setLiteral(false);
          }
        }}
      />
      <VisuallyHidden aria-live="polite">
        {isLiteral && isUnderstood ? words.literal : sayMeanings(meanings)}
      </VisuallyHidden>
      {isMarked && <Mirror field={field} text={text} spans={spans} />}
      <Suspense>
        {isHelpOpen ? (
          <section id={helpId} className="quick-add-panel" aria-label={words.help}>
            <div>
              <Examples />
            </div>
          </section>
        ) : (
          isUnderstood && <Understood meanings={meanings} isLiteral={isLiteral} onLiteral={takeLiterally} />
        )}
      </Suspense>
    </form>
  );
}
