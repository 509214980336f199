import { Button, Group, Text } from "@mantine/core";
import { en } from "../../words/en";
import { Copyable } from "../settings/Copyable";
import { useFocusHere } from "../settings/use-focus-here";
import { webcalOf } from "./feed";

const words = en.calendarFeed;

interface Props {
  readonly url: string;
  readonly onDone: () => void;
}

/** The address that was just made. */
export function FeedAddress({ url, onDone }: Props) {
  const heading = useFocusHere<HTMLParagraphElement>();
  return (
    <>
      <Text className="shown-once" size="sm" ref={heading} tabIndex={-1}>
        {words.once}
      </Text>
      <Copyable label={words.address} text={url} action={words.copy} />
      <Group gap="sm">
        <Button component="a" variant="default" href={webcalOf(url)}>
          {words.open}
        </Button>
        <Button onClick={onDone}>{en.programs.done}</Button>
      </Group>
    </>
  );
}
