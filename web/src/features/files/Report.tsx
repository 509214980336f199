import { Button, Text } from "@mantine/core";
import { useState } from "react";
import type { ImportFault, ImportOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { useLocale } from "../../words/locale";
import { Copyable } from "../settings/Copyable";
import { useFocusHere } from "../settings/use-focus-here";
import { describeCounts } from "./counts";

const words = en.files.report;
/** As many as one reads at a glance. */
const FEW = 10;

/** What would come, or came, of a file. */
export function Report({ report }: { readonly report: ImportOut }) {
  const heading = useFocusHere<HTMLParagraphElement>();
  const { lists, tasks, notes, dry_run: isDry } = report;
  const isEmpty = tasks.created + lists.created === 0;
  const counts = describeCounts(report, useLocale());
  return (
    <>
      <Text className="shown-once" fw={600} ref={heading} tabIndex={-1}>
        {isEmpty ? words.nothing : isDry ? words.wouldAdd(counts) : words.added(counts)}
      </Text>
      {(tasks.skipped > 0 || notes.length > 0) && (
        <ul className="settings-points">
          {tasks.skipped > 0 && <li>{words.skipped(tasks.skipped)}</li>}
          {notes.map(({ detail, count }) => (
            <li key={detail}>{words.note(detail, count)}</li>
          ))}
        </ul>
      )}
      {report.errors.length > 0 && <Faults report={report} />}
    </>
  );
}

function Faults({ report }: { readonly report: ImportOut }) {
  const [isAll, setAll] = useState(false);
  const { errors, errors_left_off: leftOff, dry_run: isDry } = report;
  const lines = errors.map(describeFault);
  const total = errors.length + leftOff;
  return (
    <>
      <Text size="sm">{isDry ? words.wouldFail(total) : words.failed(total)}</Text>
      <Copyable
        label={words.faults}
        action={words.copy}
        text={lines.join("\n")}
        shown={isAll ? undefined : lines.slice(0, FEW).join("\n")}
      />
      {leftOff > 0 && (isAll || errors.length <= FEW) && (
        <Text size="sm" c="dimmed">
          {words.leftOff(leftOff)}
        </Text>
      )}
      {!isAll && errors.length > FEW && (
        <div>
          <Button variant="subtle" size="compact-sm" onClick={() => setAll(true)}>
            {words.all(errors.length)}
          </Button>
        </div>
      )}
    </>
  );
}

function describeFault({ line, pointer, detail }: ImportFault): string {
  return `${line == null ? pointer : words.line(line)}: ${detail}`;
}
