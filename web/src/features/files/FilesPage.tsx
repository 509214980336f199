import { useQuery } from "@tanstack/react-query";
import { en } from "../../words/en";
import { profileQuery } from "../session/profile";
import { SettingsSubpage } from "../settings/SettingsSubpage";
import { ExportSection } from "./ExportSection";
import { ImportSection } from "./ImportSection";
import { importWork } from "./import-work";

/** Everything of the account as a file, and files from elsewhere into the account. */
export function FilesPage() {
  const profile = useQuery(profileQuery).data;
  return (
    profile && (
      <SettingsSubpage title={en.files.title} hint={en.files.hint}>
        <ExportSection />
        <ImportSection work={importWork} userId={profile.id} />
      </SettingsSubpage>
    )
  );
}
