import { IconBell } from "@tabler/icons-react";
import { notificationWords } from "../../words/notifications";
import { Section } from "./Section";
import { SettingsLink } from "./SettingsLink";

const words = notificationWords.settingsPage;

/** The way to what the user is told of. */
export function NotificationsLink() {
  return (
    <Section title={words.title}>
      <SettingsLink to="/settings/notifications" title={words.link} hint={words.hint} Icon={IconBell} />
    </Section>
  );
}
