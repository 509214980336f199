import { Button, CloseButton, Group, Paper, Text } from "@mantine/core";
import { useEffect } from "react";
import { en } from "../../words/en";

/** Long enough to read a title and think about it. */
const SHOWN_MS = 8_000;

/** What may be taken back, or what failed. */
export interface Notice {
  /** Tells one notice from the next with the same text. */
  readonly id: number;
  readonly text: string;
  readonly isFailure: boolean;
  /** What can be done about it. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface Props {
  readonly notice: Notice | undefined;
  readonly onDone: () => void;
}

/** The last thing that was done, for a while, with a way back. A failure stays until it was read. */
export function UndoBar({ notice, onDone }: Props) {
  useEffect(() => {
    if (notice === undefined || notice.isFailure) {
      return undefined;
    }
    const timer = window.setTimeout(onDone, SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [notice, onDone]);
  return (
    <div className="undo-bar" role={notice?.isFailure ? "alert" : "status"}>
      {notice !== undefined && (
        <Paper shadow="md" withBorder px="lg" py="sm" maw="calc(100% - 32px)">
          <Group gap="md" wrap="nowrap">
            <Text size="sm" truncate={!notice.isFailure} c={notice.isFailure ? "red" : undefined}>
              {notice.text}
            </Text>
            {notice.action !== undefined && (
              <Button
                size="compact-sm"
                variant="subtle"
                onClick={() => {
                  notice.action?.run();
                  onDone();
                }}
              >
                {notice.action.label}
              </Button>
            )}
            <CloseButton size="sm" aria-label={en.undo.dismiss} onClick={onDone} />
          </Group>
        </Paper>
      )}
    </div>
  );
}
