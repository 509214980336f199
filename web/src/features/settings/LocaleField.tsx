import { Select } from "@mantine/core";
import { useMemo } from "react";
import type { ProfileOut } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { describeFailure } from "../../words/failure";
import { chosenLocale } from "../../words/locale";
import { useProfileChange } from "../session/profile-change";
import { localeOptions, nameOfLocale } from "./locales";
import { useNow } from "./now";

const AS_BROWSER = "";
const words = en.settings.locale;

/** How dates and times are written. */
export function LocaleField({ profile }: { readonly profile: ProfileOut }) {
  const change = useProfileChange();
  const now = useNow();
  const wanted = change.variables?.locale;
  const saved = chosenLocale(profile.locale);
  const locale = change.isPending ? (wanted ?? undefined) : saved;
  const options = useMemo(
    () => [{ value: AS_BROWSER, label: words.asBrowser }, ...localeOptions(saved)],
    [saved],
  );
  const example = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(now);
  return (
    <Select
      label={words.label}
      description={words.example(example)}
      inputWrapperOrder={["label", "input", "description", "error"]}
      data={options}
      searchable
      allowDeselect={false}
      nothingFoundMessage={words.nothing}
      value={locale ?? AS_BROWSER}
      error={
        change.isError &&
        en.settings.notSaved(wanted ? nameOfLocale(wanted) : words.asBrowser, describeFailure(change.error))
      }
      errorProps={{ role: "alert" }}
      onChange={(chosen) => {
        if (chosen !== null && chosen !== (saved ?? AS_BROWSER)) {
          change.mutate({ locale: chosen === AS_BROWSER ? null : chosen });
        }
      }}
    />
  );
}
