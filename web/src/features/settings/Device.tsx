import { Badge, Button, Text } from "@mantine/core";
import { IconDeviceDesktop, IconDeviceMobile } from "@tabler/icons-react";
import type { SessionOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { useLocale } from "../../words/locale";
import { nameOfDevice, readUserAgent } from "./device-name";
import { useDeviceEnd } from "./devices";
import { useNow } from "./now";
import { describePast } from "./past";

const words = en.settings.devices;

interface Props {
  readonly device: SessionOut;
  readonly onEnd: () => void;
}

/** One device that is signed in. It goes at once when it is ended, and comes back where that fails. */
export function Device({ device, onEnd }: Props) {
  const end = useDeviceEnd(device.id);
  const locale = useLocale();
  const now = useNow();
  const traits = readUserAgent(device.user_agent);
  const name = nameOfDevice(traits);
  const Icon = traits.isHandheld ? IconDeviceMobile : IconDeviceDesktop;
  const seen = device.current
    ? words.active
    : words.lastSeen(describePast(new Date(device.last_used_at), now, locale));
  const since = new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(new Date(device.created_at));
  return (
    <li className="device" hidden={end.isPending || end.isSuccess}>
      <Icon size={20} aria-hidden />
      <div className="device-name">
        <Text title={device.user_agent}>
          {name}{" "}
          {device.current && (
            <Badge variant="light" size="sm" tt="none">
              {words.current}
            </Badge>
          )}
        </Text>
        <Text size="sm" c="dimmed">
          {seen}, {words.since(since)}
        </Text>
        {end.isError && (
          <Text size="sm" c="var(--overdue)" role="alert">
            {words.notEnded(name, describeFailure(end.error))}
          </Text>
        )}
      </div>
      {!device.current && (
        <Button
          variant="default"
          size="compact-sm"
          aria-label={words.endOf(name)}
          onClick={() => {
            end.mutate();
            onEnd();
          }}
        >
          {words.end}
        </Button>
      )}
    </li>
  );
}
