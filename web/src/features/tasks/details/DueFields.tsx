import { CloseButton, Group, Select, TextInput } from "@mantine/core";
import { en } from "../../../words/en";
import { nameOfZone } from "../../session/zones";
import { type FieldProps, useWantedField } from "./Fields";

/** More than anybody looks through; typing finds the others. */
const SHOWN_ZONES = 60;

const words = en.details;

interface Props extends FieldProps {
  readonly wanted: object | undefined;
  /** The date is to go, with all that hangs on it. */
  readonly onRemove: () => void;
}

/** When a task is due: a day, perhaps a time, and in which zone that is meant. */
export function DueFields({ task, patch, wanted, onRemove }: Props) {
  const due = task.due;
  const day = useWantedField(wanted);
  return (
    <>
      <Group align="end" gap="sm" wrap="nowrap">
        <TextInput
          ref={day}
          type="date"
          label={words.day}
          value={due?.date ?? ""}
          onChange={(event) => {
            const date = event.currentTarget.value;
            if (date) {
              patch({ due: { date } });
            } else if (task.recurrence === null) {
              patch({ due: null });
            }
            // Half typed, a date is none; what repeats from it would be lost for that.
          }}
        />
        {due && (
          <>
            <TextInput
              type="time"
              label={words.time}
              value={due.time ?? ""}
              onChange={(event) => patch({ due: { time: event.currentTarget.value || null } })}
            />
            <CloseButton aria-label={words.noDay} onClick={onRemove} />
          </>
        )}
      </Group>
      {due && (
        <Select
          label={words.zone}
          placeholder={words.zoneFloating}
          searchable
          clearable
          clearButtonProps={{ "aria-label": words.zoneFloating }}
          nothingFoundMessage={words.zoneUnknown}
          limit={SHOWN_ZONES}
          value={due.timezone ?? null}
          data={zonesWith(due.timezone)}
          onChange={(timezone) => patch({ due: { timezone } })}
        />
      )}
    </>
  );
}

/** The zones that the browser knows, with the one that is chosen: it may go by another name. */
function zonesWith(chosen: string | null | undefined): { value: string; label: string }[] {
  const zones = new Set(["UTC", ...Intl.supportedValuesOf("timeZone")]);
  if (chosen) {
    zones.add(chosen);
  }
  return [...zones].map((zone) => ({ value: zone, label: nameOfZone(zone) }));
}
