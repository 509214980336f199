import { Text } from "@mantine/core";
import { IconCalendarShare, IconChevronRight, IconFileArrowRight, IconKey } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { en } from "../../words/en";
import { Section } from "./Section";

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
            <Link to={to} className="settings-link">
              <Icon size={20} aria-hidden />
              <span className="device-name">
                <Text component="span" display="block">
                  {words.title}
                </Text>
                <Text component="span" display="block" size="sm" c="dimmed">
                  {words.hint}
                </Text>
              </span>
              <IconChevronRight className="settings-link-arrow" size={16} aria-hidden />
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
