import { createContext, useContext } from "react";

/** What the service has for a user who has chosen none; those who want English choose whose. */
const UNCHOSEN = "en";

/** The locale in which dates and times are written; undefined stands for the browser's own. */
export const LocaleContext = createContext<string | undefined>(undefined);

/** The locale in which to write dates and times. */
export function useLocale(): string | undefined {
  return useContext(LocaleContext);
}

/** Return the locale that a profile asks for; undefined where it has none that this browser can read. */
export function chosenLocale(profileLocale: string): string | undefined {
  if (profileLocale === UNCHOSEN) {
    return undefined;
  }
  try {
    return Intl.getCanonicalLocales(profileLocale)[0];
  } catch {
    return undefined;
  }
}
