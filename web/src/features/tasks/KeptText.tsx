import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";

interface Props {
  readonly value: string;
  readonly isAllowed?: (text: string) => boolean;
  readonly onChange: (text: string) => void;
  readonly children: (field: {
    value: string;
    onChange: (event: { currentTarget: { value: string } }) => void;
    onBlur: () => void;
    /** For fields of one line: Enter keeps what was typed, Escape forgets it. */
    onKeyDown: (event: KeyboardEvent<HTMLInputElement>) => void;
  }) => ReactNode;
}

/** Text that is sent when its field is left or goes away. What comes from elsewhere shows unless somebody is typing. */
export function KeptText({ value, isAllowed = () => true, onChange, children }: Props) {
  const [typed, setTyped] = useState<string>();
  const keep = () => {
    const text = typed?.trim();
    setTyped(undefined);
    if (text !== undefined && text !== value && isAllowed(text)) {
      onChange(text);
    }
  };
  const latest = useRef(keep);
  useEffect(() => {
    latest.current = keep;
  });
  useEffect(() => () => latest.current(), []);
  return children({
    value: typed ?? value,
    onChange: (event) => setTyped(event.currentTarget.value),
    onBlur: keep,
    onKeyDown: (event) => {
      // An Enter that chooses a word of an input method is none of ours.
      if (event.key === "Enter" && !event.nativeEvent.isComposing) {
        event.currentTarget.blur();
      } else if (event.key === "Escape" && typed !== undefined) {
        setTyped(undefined);
        event.stopPropagation();
      }
    },
  });
}
