import { Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

interface Props {
  readonly title: string;
  readonly children: ReactNode;
}

/** One part of the settings, under its own heading. */
export function Section({ title, children }: Props) {
  const titleId = useId();
  return (
    <section className="settings-section" aria-labelledby={titleId}>
      <Title order={2} size="h5" id={titleId}>
        {title}
      </Title>
      {children}
    </section>
  );
}
