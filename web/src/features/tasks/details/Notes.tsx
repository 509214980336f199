import { SegmentedControl, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import Markdown from "react-markdown";
import { en } from "../../../words/en";
import { KeptText } from "../KeptText";
import type { FieldProps } from "./Fields";

/** The contract's number. */
const MAX_NOTES_LENGTH = 20_000;

const words = en.details;

/** The notes of a task: to write, or as Markdown shows them. */
export function Notes({ task, patch }: FieldProps) {
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
        <KeptText task={task} field="notes" onChange={(notes, seen) => patch({ notes }, seen)}>
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
