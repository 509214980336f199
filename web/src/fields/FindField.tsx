import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";

/** Longer than between two keys of somebody who types well, and not yet felt as waiting. */
const PAUSE_MS = 150;
/** Longer than any e-mail address (RFC 5321), and than what anybody looks for. */
const MAX_LENGTH = 320;

interface Props {
  readonly label: string;
  /** What is looked for, as the address bar has it. */
  readonly text: string;
  readonly onFind: (text: string) => void;
}

/** A field that finds something on its page as one types; Escape empties it. */
export function FindField({ label, text, onFind }: Props) {
  // What the address does not say yet.
  const [typed, setTyped] = useState<string>();
  const find = useRef(onFind);
  find.current = onFind;
  useEffect(() => {
    if (typed === undefined) {
      return undefined;
    }
    const timer = window.setTimeout(() => {
      setTyped(undefined);
      find.current(typed);
    }, PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  return (
    <TextInput
      type="search"
      size="sm"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={16} aria-hidden />}
      autoComplete="off"
      spellCheck={false}
      maxLength={MAX_LENGTH}
      value={typed ?? text}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          // Some browsers would tell nobody that it is empty.
          event.preventDefault();
          setTyped("");
        }
      }}
    />
  );
}
