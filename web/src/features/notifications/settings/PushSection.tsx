import { Button, Skeleton, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ApiProblem } from "../../../api/problem";
import { en } from "../../../words/en";
import { describeFailure } from "../../../words/failure";
import { notificationWords } from "../../../words/notifications";
import { Section } from "../../settings/Section";
import { PushServiceError, type PushState } from "../push";
import { pushDevicesQuery, pushQuery, usePushSwitch } from "../push-devices";
import { PushDevice } from "./PushDevice";

const words = notificationWords.settingsPage.push;

/** Whether this browser gets push messages, and which others do. */
export function PushSection({ userId }: { readonly userId: string }) {
  const here = useQuery(pushQuery);
  const devices = useQuery(pushDevicesQuery);
  const list = useRef<HTMLUListElement>(null);
  const items = devices.data ?? [];
  const state = here.data && devices.data ? withoutRemoved(here.data, items) : here.data;
  const endpoint = state?.kind === "on" ? state.endpoint : undefined;
  return (
    <Section title={words.title}>
      {here.isPending && <Skeleton height={36} role="status" aria-label={words.looking} />}
      {here.isError && state === undefined && (
        <Text role="alert">
          {describeFailure(here.error)}{" "}
          <Button variant="subtle" size="compact-sm" onClick={() => void here.refetch()}>
            {en.list.retry}
          </Button>
        </Text>
      )}
      {state && <Here userId={userId} state={state} />}
      {devices.isError && items.length === 0 && (
        <Text role="alert">
          {words.devicesFailed} {describeFailure(devices.error)}{" "}
          <Button variant="subtle" size="compact-sm" onClick={() => void devices.refetch()}>
            {en.list.retry}
          </Button>
        </Text>
      )}
      <ul className="devices" ref={list} tabIndex={-1} aria-label={words.devices} hidden={items.length === 0}>
        {items.map((device) => (
          <PushDevice
            key={device.id}
            device={device}
            isHere={device.endpoint === endpoint}
            // The button goes with its line; the focus must not go with both.
            onRemove={() => list.current?.focus()}
          />
        ))}
      </ul>
    </Section>
  );
}

interface HereProps {
  readonly userId: string;
  readonly state: PushState;
}

function Here({ userId, state }: HereProps) {
  const client = useQueryClient();
  const change = usePushSwitch(userId);
  const [isRefused, setRefused] = useState(false);
  const shown = change.isPending ? (change.variables ? "on" : "off") : state.kind;
  const turnOn = async () => {
    // Browsers ask only right after a click.
    const permission = await Notification.requestPermission();
    setRefused(permission === "default");
    if (permission === "granted") {
      change.mutate(true);
    } else {
      // Where it was refused for good, what is found says so.
      await client.invalidateQueries({ queryKey: pushQuery.queryKey });
    }
  };
  return (
    <>
      <Text size="sm" c="dimmed" role="status">
        {words.states[shown]}
      </Text>
      {isRefused && (
        <Text size="sm" role="alert">
          {words.notNow}
        </Text>
      )}
      {change.isError && (
        <Text size="sm" c="var(--overdue)" role="alert">
          {describePushFailure(change.error)}
        </Text>
      )}
      {(state.kind === "on" || state.kind === "off") && (
        <div>
          {state.kind === "off" ? (
            <Button loading={change.isPending} onClick={() => void turnOn()}>
              {words.turnOn}
            </Button>
          ) : (
            <Button variant="default" loading={change.isPending} onClick={() => change.mutate(false)}>
              {words.turnOff}
            </Button>
          )}
        </div>
      )}
    </>
  );
}

/** What was removed on another device is off, whatever this browser has. */
function withoutRemoved(state: PushState, items: readonly { readonly endpoint: string }[]): PushState {
  return state.kind === "on" && !items.some(({ endpoint }) => endpoint === state.endpoint)
    ? { kind: "off" }
    : state;
}

function describePushFailure(error: unknown): string {
  if (error instanceof PushServiceError) {
    return words.browserFailed;
  }
  return error instanceof ApiProblem && error.status === 409
    ? words.full
    : words.failed(describeFailure(error));
}
