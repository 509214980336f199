import { TextInput } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";
import type { ListOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { MAX_NAME_LENGTH } from "./NewList";

interface Props {
  readonly list: ListOut;
  readonly icon: ReactNode;
  /** Told of the new name, and of the list as it was when somebody began to type: that is what they saw. */
  readonly onRename: (seen: ListOut, name: string) => void;
  readonly onDone: () => void;
}

/** A list's name, to be changed where it stands: Enter keeps what was typed, and so does leaving; Escape does not. */
export function ListNameField({ list, icon, onRename, onDone }: Props) {
  const [text, setText] = useState(list.name);
  const [seen] = useState(list);
  // Leaving comes after Enter and Escape, too, as the field goes.
  const isDone = useRef(false);
  const finish = (name: string) => {
    if (isDone.current) {
      return;
    }
    isDone.current = true;
    if (name !== "" && name !== seen.name) {
      onRename(seen, name);
    }
    onDone();
  };
  return (
    <TextInput
      autoFocus
      className="list-name"
      aria-label={en.keepList.name(seen.name)}
      leftSection={icon}
      maxLength={MAX_NAME_LENGTH}
      value={text}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => finish(text.trim())}
      onKeyDown={(event) => {
        // An Enter that chooses a word of an input method is none of ours.
        if (event.key === "Enter" && !event.nativeEvent.isComposing) {
          event.preventDefault(); // or it would press the button that has the focus next
          finish(text.trim());
        } else if (event.key === "Escape") {
          event.stopPropagation();
          finish(seen.name);
        }
      }}
    />
  );
}
