import { TextInput } from "@mantine/core";
import { useEffect, useState } from "react";

interface Props {
  readonly label: string;
  /** As `HH:MM`. */
  readonly value: string;
  readonly error?: string | undefined;
  /** Told of a complete time when the field is left, or Enter pressed. */
  readonly onCommit: (time: string) => void;
}

/** A time of day. While it is typed it is the field's own: each digit would be a time that nobody means. */
export function TimeField({ label, value, error, onCommit }: Props) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const commit = () => {
    if (typed === "") {
      setTyped(value); // half a time is none
    } else if (typed !== value) {
      onCommit(typed);
    }
  };
  return (
    <TextInput
      type="time"
      className="time-field"
      label={label}
      value={typed}
      error={error}
      errorProps={{ role: "alert" }}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === "Enter" && commit()}
    />
  );
}
