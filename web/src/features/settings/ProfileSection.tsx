import { Avatar, Group, Text } from "@mantine/core";
import type { ProfileOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { LocaleField } from "./LocaleField";
import { NameField } from "./NameField";
import { Section } from "./Section";
import { ZoneField } from "./ZoneField";

const words = en.settings.profile;

/** Who the user is, and where and how they count days. */
export function ProfileSection({ profile }: { readonly profile: ProfileOut }) {
  return (
    <Section title={words.title}>
      <Group gap="md" wrap="nowrap">
        <Avatar
          src={profile.picture_url}
          name={profile.name}
          alt=""
          size="lg"
          imageProps={{ referrerPolicy: "no-referrer" }}
        />
        <div className="device-name">
          <Text>{profile.email ?? words.noEmail}</Text>
          {profile.picture_url !== null && (
            <Text size="sm" c="dimmed">
              {words.picture}
            </Text>
          )}
        </div>
      </Group>
      <NameField profile={profile} />
      <ZoneField profile={profile} />
      <LocaleField profile={profile} />
    </Section>
  );
}
