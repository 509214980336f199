import { Button, Group, Select } from "@mantine/core";
import { useMemo } from "react";
import type { ProfileOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { useLocale } from "../../words/locale";
import { useProfileChange } from "../session/profile-change";
import { browserZone, nameOfZone } from "../session/zones";
import { useNow } from "./now";

const words = en.settings.zone;

/** The time zone in which the user's days begin and end. */
export function ZoneField({ profile }: { readonly profile: ProfileOut }) {
  const change = useProfileChange();
  const locale = useLocale();
  const now = useNow();
  const wanted = change.variables?.timezone ?? profile.timezone;
  const zone = change.isPending ? wanted : profile.timezone;
  const here = browserZone();
  const options = useMemo(() => zonesWith(profile.timezone, here), [profile.timezone, here]);
  const choose = (timezone: string) => {
    if (timezone !== profile.timezone) {
      change.mutate({ timezone });
    }
  };
  const time = new Intl.DateTimeFormat(locale, { timeZone: zone, timeStyle: "short" }).format(now);
  return (
    <Group align="end" gap="sm">
      <Select
        className="settings-field"
        label={words.label}
        description={words.now(time)}
        inputWrapperOrder={["label", "input", "description", "error"]}
        data={options}
        searchable
        allowDeselect={false}
        nothingFoundMessage={words.nothing}
        value={zone}
        error={change.isError && en.settings.notSaved(nameOfZone(wanted), describeFailure(change.error))}
        errorProps={{ role: "alert" }}
        onChange={(chosen) => chosen && choose(chosen)}
      />
      {here !== zone && (
        <Button variant="default" onClick={() => choose(here)}>
          {words.use(nameOfZone(here))}
        </Button>
      )}
    </Group>
  );
}

/** Return all zones to choose from: browsers leave some out that are in use. */
function zonesWith(...further: string[]): { readonly value: string; readonly label: string }[] {
  const zones = new Set(["UTC", ...further, ...Intl.supportedValuesOf("timeZone")]);
  return [...zones].sort().map((zone) => ({ value: zone, label: nameOfZone(zone) }));
}
