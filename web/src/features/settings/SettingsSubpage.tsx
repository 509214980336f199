import { Text, Title } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { en } from "../../words/en";
import "./settings.css";

interface Props {
  readonly title: string;
  readonly hint: string;
  readonly children: ReactNode;
}

/** A page behind the settings, with the way back to them. */
export function SettingsSubpage({ title, hint, children }: Props) {
  return (
    <div className="settings">
      <Link to="/settings" className="settings-back">
        <IconArrowLeft className="settings-back-arrow" size={16} aria-hidden />
        {en.programs.back}
      </Link>
      <Title order={1} size="h3" pb="xs">
        {title}
      </Title>
      <Text c="dimmed">{hint}</Text>
      {children}
    </div>
  );
}
