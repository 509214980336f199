import { Badge, Button, Text } from "@mantine/core";
import { IconDeviceDesktop, IconDeviceMobile } from "@tabler/icons-react";
import type { SubscriptionOut } from "../../../api/generated/taskfleet.schemas";
import { describeFailure } from "../../../words/failure";
import { useLocale } from "../../../words/locale";
import { notificationWords } from "../../../words/notifications";
import { nameOfDevice, readUserAgent } from "../../settings/device-name";
import { usePushRemoval } from "../push-devices";

const words = notificationWords.settingsPage.push;

interface Props {
  readonly device: SubscriptionOut;
  readonly isHere: boolean;
  readonly onRemove: () => void;
}

/** One browser that gets push messages. It goes at once when it is removed, and comes back where that fails. */
export function PushDevice({ device, isHere, onRemove }: Props) {
  const removal = usePushRemoval(device.id);
  const locale = useLocale();
  const traits = readUserAgent(device.user_agent);
  const name = nameOfDevice(traits);
  const Icon = traits.isHandheld ? IconDeviceMobile : IconDeviceDesktop;
  const since = new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(new Date(device.created_at));
  return (
    <li className="device" hidden={removal.isPending || removal.isSuccess}>
      <Icon size={20} aria-hidden />
      <div className="device-name">
        <Text title={device.user_agent}>
          {name}{" "}
          {isHere && (
            <Badge variant="light" size="sm" tt="none">
              {words.thisDevice}
            </Badge>
          )}
        </Text>
        <Text size="sm" c="dimmed">
          {words.since(since)}
        </Text>
        {removal.isError && (
          <Text size="sm" c="var(--overdue)" role="alert">
            {words.notRemoved(name, describeFailure(removal.error))}
          </Text>
        )}
      </div>
      {!isHere && (
        <Button
          variant="default"
          size="compact-sm"
          aria-label={words.removeOf(name)}
          onClick={() => {
            removal.mutate();
            onRemove();
          }}
        >
          {words.remove}
        </Button>
      )}
    </li>
  );
}
