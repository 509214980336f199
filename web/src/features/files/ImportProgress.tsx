import { Button, Group, Progress, Text } from "@mantine/core";
import { en } from "../../words/en";
import { useFocusHere } from "../settings/use-focus-here";
import type { ImportState } from "./import-work";

const words = en.files.import;

interface Props {
  readonly progress: NonNullable<ImportState["progress"]>;
  readonly onStop: () => void;
}

/** How far it is. The service cannot be told to stop; sending can be. */
export function ImportProgress({ progress, onStop }: Props) {
  const { stage, isDry, share } = progress;
  const text = useFocusHere<HTMLParagraphElement>();
  const stages = isDry ? words.looking : words.importing;
  return (
    <div>
      <Group justify="space-between" gap="sm" pb="sm" mih={36}>
        <Text className="shown-once" size="sm" role="status" ref={text} tabIndex={-1}>
          {stages[stage]}
        </Text>
        {stage !== "working" && (
          <Button variant="default" size="compact-sm" onClick={onStop}>
            {words.stop}
          </Button>
        )}
      </Group>
      <Progress
        value={share === undefined ? 100 : share * 100}
        animated={share === undefined}
        aria-label={stages[stage]}
        transitionDuration={150}
      />
    </div>
  );
}
