import { TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";

interface Props {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

/** A number from 1 on, which is told when its field is left, by Enter, or when it goes away. */
export function NumberField({ label, value, max, onChange }: Props) {
  const [typed, setTyped] = useState<string>();
  const keep = () => {
    const number = Number(typed);
    setTyped(undefined);
    if (typed !== undefined && Number.isInteger(number) && number >= 1 && number !== value) {
      onChange(Math.min(number, max));
    }
  };
  const latest = useRef(keep);
  useEffect(() => {
    latest.current = keep;
  });
  useEffect(() => () => latest.current(), []);
  return (
    <TextInput
      type="number"
      inputMode="numeric"
      min={1}
      max={max}
      label={label}
      value={typed ?? String(value)}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.nativeEvent.isComposing) {
          keep();
        }
      }}
    />
  );
}
