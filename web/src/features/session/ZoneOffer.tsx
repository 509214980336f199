import { Button, Group, Text } from "@mantine/core";
import { useLocation } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ProfileOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { useProfileChange } from "./profile-change";
import { browserZone, clocksDiffer, nameOfZone } from "./zones";
import "./zone-offer.css";

/** Of the client's settings in the profile: the zone that the user would not have instead of their own. */
const DECLINED = "declined_timezone";

const words = en.settings.zone;

/** Offers the time zone of this device where it is another one, until it is taken or declined. */
export function ZoneOffer({ profile }: { readonly profile: ProfileOut }) {
  const change = useProfileChange();
  const here = browserZone();
  const differs = useMemo(() => clocksDiffer(profile.timezone, here, new Date()), [profile.timezone, here]);
  // There the field itself offers it.
  const isInSettings = useLocation({ select: ({ pathname }) => pathname === "/settings" });
  if (isInSettings || !differs || profile.settings[DECLINED] === here || change.isPending) {
    return null; // what was chosen shows at once
  }
  const [present, offered] = [nameOfZone(profile.timezone), nameOfZone(here)];
  return (
    <section className="zone-offer" aria-label={words.offerName}>
      <Group gap="sm">
        <Text size="sm">{words.offer(present, offered)}</Text>
        <Button size="compact-sm" variant="default" onClick={() => change.mutate({ timezone: here })}>
          {words.use(offered)}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => change.mutate({ settings: { [DECLINED]: here } })}
        >
          {words.keep(present)}
        </Button>
      </Group>
      {change.isError && (
        <Text size="sm" c="var(--overdue)" role="alert">
          {describeFailure(change.error)}
        </Text>
      )}
    </section>
  );
}
