import { IconCalendarShare, IconFileArrowRight, IconKey } from "@tabler/icons-react";
import { en } from "../../words/en";
import { Section } from "./Section";
import { SettingsLink } from "./SettingsLink";

const PAGES = [
  { to: "/settings/tokens", words: en.tokens, Icon: IconKey },
  { to: "/settings/calendar-feed", words: en.calendarFeed, Icon: IconCalendarShare },
  { to: "/settings/files", words: en.files, Icon: IconFileArrowRight },
] as const;

/** The ways to the pages for those who reach their tasks by something other than this app. */
export function ProgramsSection() {
  return (
    <Section title={en.programs.title}>
      <ul className="devices">
        {PAGES.map(({ to, words, Icon }) => (
          <li key={to}>
            <SettingsLink to={to} title={words.title} hint={words.hint} Icon={Icon} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
