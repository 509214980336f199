import { type MantineColorScheme, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { en } from "../../words/en";
import { Section } from "./Section";

const words = en.settings.appearance;

/** Light, dark, or as the system has it: of this device alone. */
export function AppearanceSection() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Section title={words.title}>
      <SegmentedControl
        aria-label={words.title}
        value={colorScheme}
        onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}
        data={Object.entries(words.schemes).map(([value, label]) => ({ value, label }))}
      />
    </Section>
  );
}
