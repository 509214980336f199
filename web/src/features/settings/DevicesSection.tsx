import { Button, Group, Skeleton, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { Device } from "./Device";
import { devicesQuery } from "./devices";
import { Section } from "./Section";
import { SignOutEverywhere } from "./SignOutEverywhere";

const words = en.settings.devices;

interface Props {
  /** Tells how many changes would be lost with this device's memory of them. */
  readonly countUnsaved: () => Promise<number>;
  readonly onSignedOut: () => void;
}

/** Where the user is signed in. */
export function DevicesSection({ countUnsaved, onSignedOut }: Props) {
  const devices = useInfiniteQuery(devicesQuery);
  const list = useRef<HTMLUListElement>(null);
  const items = devices.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title={words.title}>
      <Text size="sm" c="dimmed">
        {words.hint}
      </Text>
      {devices.isPending && <Skeleton height={56} role="status" aria-label={words.loading} />}
      {devices.isError && items.length === 0 && (
        <Text role="alert">
          {words.failed} {describeFailure(devices.error)}{" "}
          <Button variant="subtle" size="compact-sm" onClick={() => void devices.refetch()}>
            {en.list.retry}
          </Button>
        </Text>
      )}
      <ul className="devices" ref={list} tabIndex={-1} aria-label={words.title}>
        {items.map((device) => (
          <Device
            key={device.id}
            device={device}
            // The button goes with its line; the focus must not go with both.
            onEnd={() => list.current?.focus()}
          />
        ))}
      </ul>
      <Group gap="sm">
        {devices.hasNextPage && (
          <Button
            variant="default"
            loading={devices.isFetchingNextPage}
            onClick={() => void devices.fetchNextPage()}
          >
            {words.more}
          </Button>
        )}
        <SignOutEverywhere countUnsaved={countUnsaved} onSignedOut={onSignedOut} />
      </Group>
    </Section>
  );
}
