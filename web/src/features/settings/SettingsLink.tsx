import { Text } from "@mantine/core";
import { type Icon, IconChevronRight } from "@tabler/icons-react";
import { Link, type LinkProps } from "@tanstack/react-router";

interface Props {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly title: string;
  readonly hint: string;
  readonly Icon: Icon;
}

/** The way to a page behind the settings. */
export function SettingsLink({ to, title, hint, Icon }: Props) {
  return (
    <Link to={to} className="settings-link">
      <Icon size={20} aria-hidden />
      <span className="device-name">
        <Text component="span" display="block">
          {title}
        </Text>
        <Text component="span" display="block" size="sm" c="dimmed">
          {hint}
        </Text>
      </span>
      <IconChevronRight className="settings-link-arrow" size={16} aria-hidden />
    </Link>
  );
}
