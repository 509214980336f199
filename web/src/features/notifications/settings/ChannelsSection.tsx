import { Switch, Table, Text } from "@mantine/core";
import { useId } from "react";
import type { KindSwitches, PreferencesPatch } from "../../../api/generated/taskfleet.schemas";
import { notificationWords } from "../../../words/notifications";
import { Section } from "../../settings/Section";
import { CHANNELS, KINDS } from "../preferences";

const words = notificationWords.settingsPage.channels;

interface Props {
  readonly channels: KindSwitches;
  readonly onChange: (patch: PreferencesPatch) => void;
}

/** A table of what there is to tell, and the ways to tell it. */
export function ChannelsSection({ channels, onChange }: Props) {
  const requiredId = useId();
  return (
    <Section title={words.title}>
      <Table className="channels" verticalSpacing="sm" horizontalSpacing={0}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{words.what}</Table.Th>
            {CHANNELS.map((channel) => (
              <Table.Th key={channel} scope="col">
                {words.names[channel]}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {KINDS.map((kind) => (
            <Table.Tr key={kind}>
              <Table.Th scope="row">
                <Text size="sm" fw={500}>
                  {words.kinds[kind].name}
                </Text>
                <Text size="sm" c="dimmed" fw={400}>
                  {words.kinds[kind].meaning}
                </Text>
              </Table.Th>
              {CHANNELS.map((channel) => {
                const isRequired = kind === "security" && channel === "email";
                return (
                  <Table.Td key={channel}>
                    <Switch
                      aria-label={words.switch(words.kinds[kind].name, words.names[channel])}
                      {...(isRequired && { "aria-describedby": requiredId })}
                      checked={channels[kind][channel]}
                      disabled={isRequired}
                      onChange={(event) =>
                        onChange({ channels: { [kind]: { [channel]: event.currentTarget.checked } } })
                      }
                    />
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text id={requiredId} size="sm" c="dimmed">
        {words.required}
      </Text>
    </Section>
  );
}
