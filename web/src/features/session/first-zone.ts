import { updateProfile } from "../../api/generated/taskfleet";
import type { ProfileOut } from "../../api/generated/taskfleet.schemas";
import { browserZone } from "./zones";

/**
 * Give a new account the time zone of the browser that it was made with.
 *
 * Only while nothing has ever been changed in it: later a zone is the user's own choice, and the app merely offers
 * another one. A failure leaves the account as it is; the offer then stands for it.
 */
export async function withFirstZone(profile: ProfileOut, signal: AbortSignal): Promise<ProfileOut> {
  const timezone = browserZone();
  if (profile.revision > 0 || profile.timezone === timezone) {
    return profile;
  }
  try {
    return await updateProfile({ timezone }, { signal });
  } catch {
    return profile;
  }
}
