/** What most people write dates by; whoever has another one set elsewhere finds it among them. */
const LOCALES = (
  "ar-EG bg-BG ca-ES cs-CZ da-DK de-AT de-CH de-DE el-GR en-AU en-CA en-GB en-IE en-IN en-NZ en-US en-ZA es-AR " +
  "es-ES es-MX et-EE fi-FI fr-BE fr-CA fr-CH fr-FR he-IL hi-IN hr-HR hu-HU id-ID it-IT ja-JP ko-KR lt-LT lv-LV " +
  "nb-NO nl-BE nl-NL pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sl-SI sr-RS sv-SE th-TH tr-TR uk-UA vi-VN zh-CN zh-TW"
).split(" ");

/** Return a locale's name in its own language. */
export function nameOfLocale(locale: string): string {
  return new Intl.DisplayNames(locale, { type: "language" }).of(locale) ?? locale;
}

/** Return the locales to choose from, by name; `further` is among them in any case. */
export function localeOptions(
  further: string | undefined,
): { readonly value: string; readonly label: string }[] {
  const locales = new Set([...LOCALES, ...(further === undefined ? [] : [further])]);
  return [...locales]
    .map((locale) => ({ value: locale, label: nameOfLocale(locale) }))
    .sort((one, other) => one.label.localeCompare(other.label));
}
