import { Button, Text } from "@mantine/core";
import { useRef, useState } from "react";
import { en } from "../../words/en";

const words = en.programs;

interface Props {
  readonly label: string;
  readonly text: string;
  /** What is seen of it; all of it unless told otherwise. */
  readonly shown?: string | undefined;
  /** What the button says to those who do not see what it stands beside. */
  readonly action: string;
}

/** A text to be taken elsewhere. Where the browser does not let a page copy, it is selected instead. */
export function Copyable({ label, text, shown = text, action }: Props) {
  const code = useRef<HTMLElement>(null);
  const [outcome, setOutcome] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome(words.copied);
    } catch {
      // Not allowed, or, on plain http, not there.
      if (code.current !== null) {
        window.getSelection()?.selectAllChildren(code.current);
      }
      setOutcome(words.selected);
    }
  };
  return (
    <div>
      <fieldset className="copyable" aria-label={label}>
        <code ref={code} dir="ltr">
          {shown}
        </code>
        <Button variant="default" size="compact-sm" aria-label={action} onClick={() => void copy()}>
          {words.copy}
        </Button>
      </fieldset>
      <Text size="sm" c="dimmed" pt="xs" mih={24} role="status">
        {outcome}
      </Text>
    </div>
  );
}
