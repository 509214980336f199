import { IconRepeat } from "@tabler/icons-react";
import type { TaskOut } from "../../api/generated/taskfleet.schemas";
import { useLocale } from "../../words/locale";
import { describeRecurrence } from "./sentence";

interface Props {
  readonly recurrence: TaskOut["recurrence"];
  readonly size?: number;
}

/** Tells that a task comes again, and when. */
export function RepeatMark({ recurrence, size = 14 }: Props) {
  const locale = useLocale();
  if (recurrence === null) {
    return null;
  }
  const text = describeRecurrence(recurrence, locale);
  return (
    <span className="repeat-mark" title={text}>
      <IconRepeat size={size} role="img" aria-label={text} />
    </span>
  );
}
