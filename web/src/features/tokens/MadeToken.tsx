import { Button, Text } from "@mantine/core";
import type { MadeTokenOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { Copyable } from "../settings/Copyable";
import { useFocusHere } from "../settings/use-focus-here";
import { tryLine } from "./try-line";

const words = en.tokens;

interface Props {
  readonly token: MadeTokenOut;
  readonly onDone: () => void;
}

/** A token that was just made, with its secret. */
export function MadeToken({ token, onDone }: Props) {
  const heading = useFocusHere<HTMLParagraphElement>();
  const { line, adds } = tryLine(window.location.origin, token.secret, token.scopes);
  return (
    <>
      <Text className="shown-once" fw={600} ref={heading} tabIndex={-1}>
        {words.ready(token.name)}
      </Text>
      <Text size="sm">{words.once}</Text>
      <Copyable label={words.secret} text={token.secret} action={words.copySecret} />
      <Text size="sm">{adds ? words.tryAdding : words.tryIt}</Text>
      <Copyable label={words.line} text={line} action={words.copyLine} />
      <div>
        <Button onClick={onDone}>{en.programs.done}</Button>
      </div>
    </>
  );
}
