import { Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { en } from "../../words/en";
import { profileQuery } from "../session/profile";
import { AppearanceSection } from "./AppearanceSection";
import { DevicesSection } from "./DevicesSection";
import { EraseSection } from "./EraseSection";
import { ProfileSection } from "./ProfileSection";
import "./settings.css";

/** What users set of themselves, their devices and this one. */
export function SettingsPage() {
  const profile = useQuery(profileQuery).data;
  return (
    profile && (
      <div className="settings">
        <Title order={1} size="h3">
          {en.settings.title}
        </Title>
        <ProfileSection profile={profile} />
        <AppearanceSection />
        <DevicesSection />
        <EraseSection email={profile.email} />
      </div>
    )
  );
}
