import { Badge, Button, Text } from "@mantine/core";
import { IconCalendarDue, IconFlag, IconList, IconRepeat, IconTag } from "@tabler/icons-react";
import { en } from "../../words/en";
import type { Meaning } from "./describe";

const words = en.quickAdd;

const ICONS = {
  due: IconCalendarDue,
  recurrence: IconRepeat,
  priority: IconFlag,
  list: IconList,
  label: IconTag,
} as const;

interface Props {
  readonly meanings: readonly Meaning[];
  readonly isLiteral: boolean;
  readonly onLiteral: (isLiteral: boolean) => void;
}

/** What was understood of a line, in words, and the way to have it taken as it is. */
export function Understood({ meanings, isLiteral, onLiteral }: Props) {
  return (
    <div className="quick-add-panel" data-floating="typing">
      <ul className="quick-add-chips">
        {isLiteral ? (
          <li>
            <Text size="sm">{words.literal}</Text>
          </li>
        ) : (
          meanings.map(({ kind, text }) => {
            const Icon = ICONS[kind];
            return (
              <li key={`${kind} ${text}`}>
                <Badge
                  variant="light"
                  size="lg"
                  radius="sm"
                  tt="none"
                  fw={500}
                  leftSection={<Icon size={14} role="img" aria-label={words.kinds[kind]} />}
                >
                  <span dir="auto">{text}</span>
                </Badge>
              </li>
            );
          })
        )}
      </ul>
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        className="quick-add-literal"
        onClick={() => onLiteral(!isLiteral)}
      >
        {isLiteral ? words.understand : words.takeLiterally}
      </Button>
    </div>
  );
}
