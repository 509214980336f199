import { Group, Switch, Text } from "@mantine/core";
import { useState } from "react";
import type { PreferencesOut, PreferencesPatch } from "../../../api/generated/taskfleet.schemas";
import { notificationWords } from "../../../words/notifications";
import { nameOfZone } from "../../session/zones";
import { Section } from "../../settings/Section";
import { CHANNELS } from "../preferences";
import { TimeField } from "./TimeField";

/** What most people call night, and morning. */
const NIGHT = { start: "22:00", end: "07:00" };
const MORNING = { time: "08:00" };

const words = notificationWords.settingsPage.times;

interface Props {
  readonly preferences: PreferencesOut;
  readonly timezone: string;
  readonly onChange: (patch: PreferencesPatch) => void;
}

/** When nothing makes a sound, and when the digest comes. */
export function TimesSection({ preferences, timezone, onChange }: Props) {
  const { daily_digest: digest, channels } = preferences;
  return (
    <Section title={words.title}>
      <Text size="sm" c="dimmed">
        {words.zone(nameOfZone(timezone))}
      </Text>
      <QuietHours quiet={preferences.quiet_hours ?? null} onChange={onChange} />
      <Switch
        label={words.digest}
        aria-label={words.digest} // or its description would be part of it
        description={words.digestHint}
        checked={digest != null}
        onChange={(event) => onChange({ daily_digest: event.currentTarget.checked ? MORNING : null })}
      />
      {digest && (
        <div className="times">
          <TimeField
            label={words.digestAt}
            value={digest.time}
            onCommit={(time) => onChange({ daily_digest: { time } })}
          />
          {CHANNELS.every((channel) => !channels.digest[channel]) && (
            <Text size="sm" c="var(--overdue)">
              {words.digestNowhere}
            </Text>
          )}
        </div>
      )}
    </Section>
  );
}

interface QuietProps {
  readonly quiet: { readonly start: string; readonly end: string } | null;
  readonly onChange: (patch: PreferencesPatch) => void;
}

function QuietHours({ quiet, onChange }: QuietProps) {
  const [isSame, setSame] = useState(false);
  const commit = (part: "start" | "end", time: string) => {
    const wanted = { ...(quiet ?? NIGHT), [part]: time };
    setSame(wanted.start === wanted.end);
    if (wanted.start !== wanted.end) {
      onChange({ quiet_hours: { [part]: time } });
    }
  };
  return (
    <>
      <Switch
        label={words.quiet}
        aria-label={words.quiet}
        description={words.quietHint}
        checked={quiet !== null}
        onChange={(event) => {
          setSame(false);
          onChange({ quiet_hours: event.currentTarget.checked ? NIGHT : null });
        }}
      />
      {quiet && (
        <div className="times">
          <Group gap="md">
            <TimeField label={words.start} value={quiet.start} onCommit={(time) => commit("start", time)} />
            <TimeField label={words.end} value={quiet.end} onCommit={(time) => commit("end", time)} />
          </Group>
          {isSame && (
            <Text size="sm" c="var(--overdue)" role="alert">
              {words.same}
            </Text>
          )}
        </div>
      )}
    </>
  );
}
